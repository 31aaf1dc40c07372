// Entry of the runtime that a bundle carries: evaluated once in the bundle's realm, before the program.
import "./combinators.js";
import { type AbiHost, makeAbi, type Program } from "./abi.js";
import { liveAsLoaded, refreshLive } from "./api.js";
import { installAsyncGenerators } from "./async-generator.js";
import { type SourceNames, setSourceNames } from "./codec/source-names.js";
import { installGenerators } from "./generator.js";
import { CallbackJob, enqueue, lastJob, setReporter } from "./jobs.js";
import { kit } from "./kit.js";
import { installLanguage } from "./language.js";
import { Promise as DurablePromise } from "./promise.js";
import { newPromise } from "./promise-state.js";
import { rejectPromise } from "./reaction.js";
import type { RealmHost } from "./realm/host.js";
import { installRealm } from "./realm/install.js";
import { RealmState } from "./realm-state.js";
import { programSnapshots } from "./snapshot.js";
import { currentStep, currentThread } from "./thread.js";

/** What the engine lends: primitives in, primitives out. */
export interface RuntimeHost extends RealmHost, AbiHost, SourceNames {
  /** The bundle's hash. */
  readonly bundle?: string;
}

/** Makes the realm a workflow's and gives the kit that compiled code calls. */
export default function runtime(host: RuntimeHost) {
  const report = (error: unknown): void => rejectPromise(newPromise(), error);
  setReporter(report);
  setSourceNames(host);
  const services = {
    enqueue: (callback: () => unknown): void => enqueue(new CallbackJob(callback)),
    report,
    globals: { Promise: DurablePromise },
  };
  const realm = installRealm(host, services, host.bundle ?? "");
  installGenerators();
  installAsyncGenerators();
  installLanguage();
  const state = new RealmState(host.bundle ?? "", realm.roots, {
    activity: () => [lastJob(), currentThread().refs.length, currentStep().outputs.length],
    enterLoading() {
      const resume = realm.enterLoading();
      liveAsLoaded();
      return () => {
        resume();
        refreshLive();
      };
    },
  });
  return {
    ...kit,
    abi: (program: Program) => makeAbi(program, realm, state, host),
    program: programSnapshots(state),
  };
}
