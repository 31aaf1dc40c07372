// A runner: the process. It owns what its roles share (the topics it knows, metrics, HTTP, the clock of what is done from time to time)
// and the end of all of them; membership in a role's group and its tasks are a role group's (role-group.ts), those of the bundle's input
// topics inputs/input-group.ts's.
//
// I1 It ends as a whole: when one of its groups cannot go on, all of them finish what they have begun.

import { join } from "node:path";
import type { AdminOptions, AdminServer } from "../admin/http/admin-server.js";
import type { Route } from "../admin/http/route.js";
import { startRunnerAdmin } from "../admin/runner-admin.js";
import type { DrivenClock } from "../clock.js";
import { InputGroup } from "../inputs/input-group.js";
import type { Log } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { Problem } from "../problem.js";
import { type TimerSettings, TimerWorkload } from "../scheduler/timer-workload.js";
import type { StateStore } from "../store/store.js";
import { type BundleSource, type ThreadSettings, ThreadWorkload } from "../threads/thread-workload.js";
import { TopicTable } from "../topics/topic-table.js";
import { advertisedAddress } from "./advertised-address.js";
import { type Health, healthOf } from "./health.js";
import type { Logger } from "./logging.js";
import { Metrics, type TaskReading } from "./metrics.js";
import { RoleGroup } from "./role-group.js";
import type { Workload } from "./workload.js";

export interface RunnerOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly stateDirectory: string;
  /** Undefined: it runs no threads. */
  readonly threads: ThreadSettings | undefined;
  /** Undefined: it fires no timers. */
  readonly scheduler: TimerSettings | undefined;
  /** Undefined: the system's. */
  readonly clock?: DrivenClock | undefined;
  readonly sessionTimeoutMs: number;
  readonly acceptLoss: boolean;
  /** How long a restore may stand still before the health says so. */
  readonly restorePatienceMs: number;
  readonly admin: Pick<AdminOptions, "host" | "port" | "token"> & {
    readonly advertise: string | undefined;
    /** Beside those that every runner has. */
    readonly routes?: readonly Route[];
  };
  readonly logger: Logger;
}

const TICK_MS = 5_000;
/** How often all topics are looked at, and not only the inputs. */
const TICKS_A_LOOK = 6;
const TICKS_A_CHECKPOINT = 12;

export class Runner {
  readonly metrics: Metrics;
  readonly groups: readonly RoleGroup[];
  /** Undefined where it runs no threads. */
  readonly inputs: InputGroup | undefined;
  readonly #options: RunnerOptions;
  readonly #topics: TopicTable;
  readonly #workloads: readonly Workload[];
  readonly #ended: Promise<Error | undefined>;
  #end: (error: Error | undefined) => void = () => {};
  #admin: AdminServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #ticking = false;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { log, cluster, names, stateDirectory, sessionTimeoutMs, acceptLoss, restorePatienceMs, logger } = options;
    this.metrics = new Metrics(() => this.#members.flatMap<TaskReading>(({ tasks }) => [...tasks]));
    this.#topics = new TopicTable(log);
    this.#workloads = this.#makeWorkloads();
    this.groups = this.#workloads.map(
      (workload) =>
        new RoleGroup({
          log,
          cluster,
          names,
          topics: this.#topics,
          workload,
          stateDirectory: directoryOf(workload.role, stateDirectory),
          sessionTimeoutMs,
          acceptLoss,
          restorePatienceMs,
          logger,
          metrics: this.metrics,
          failed: (error) => void this.stop(error),
        }),
    );
    this.inputs = this.#makeInputs();
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  #makeWorkloads(): Workload[] {
    const { log, names, stateDirectory, threads, scheduler, clock, logger } = this.#options;
    if (clock !== undefined) logger.warn({ clock: clock.file }, "the time is what stands in a file: only for tests");
    const shared = { log, names, topics: this.#topics, stateDirectory, clock, logger, metrics: this.metrics };
    return [
      ...(threads === undefined ? [] : [new ThreadWorkload({ ...shared, ...threads })]),
      ...(scheduler === undefined ? [] : [new TimerWorkload({ ...shared, ...scheduler })]),
    ];
  }

  #makeInputs(): InputGroup | undefined {
    const { log, names, threads, sessionTimeoutMs, acceptLoss, logger } = this.#options;
    const workload = this.#workloads.find((one) => one instanceof ThreadWorkload);
    if (threads === undefined || workload === undefined) return undefined;
    const { config, stepOptions, maxRecords, onInput } = threads;
    return new InputGroup({
      log,
      names,
      topics: this.#topics,
      steps: (partition) => workload.stepsOf(partition),
      routeOptions: {
        ...(stepOptions.timeoutMs !== undefined && { timeoutMs: stepOptions.timeoutMs }),
        ...(config !== undefined && { config }),
      },
      maxRecords,
      sessionTimeoutMs,
      acceptLoss,
      onTurn: onInput,
      logger,
      metrics: this.metrics,
      failed: (error) => void this.stop(error),
    });
  }

  get #members(): (RoleGroup | InputGroup)[] {
    return this.inputs === undefined ? [...this.groups] : [...this.groups, this.inputs];
  }

  /** Resolves when it has stopped: with the error, if there was one. */
  get ended(): Promise<Error | undefined> {
    return this.#ended;
  }

  get adminAddress(): string | undefined {
    return this.#admin?.address;
  }

  health(): Health {
    return healthOf(this.#members, this.#options.log.troubles());
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { admin, threads, log, names, clock, logger } = this.#options;
    for (const workload of this.#workloads) await workload.start();
    this.#admin = await startRunnerAdmin({
      ...admin,
      log,
      names,
      clock,
      logger,
      health: () => this.health(),
      metrics: this.metrics.registry,
      storeOf: (partition) => this.#storeOf(partition),
    });
    const address = admin.advertise ?? advertisedAddress(this.#admin.address);
    logger.info({ admin: `http://${this.#admin.address}` }, "serves health and metrics");
    const metadata = JSON.stringify({ admin: address, bundle: threads?.bundle.hash });
    // A group that it may not be in can end it before the last one is joined.
    for (const group of this.groups) if (this.#stopping === undefined) await group.join(metadata);
    if (this.#stopping === undefined && threads !== undefined) await this.inputs?.join(threads.bundle, metadata);
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  /** The states of threads that run here at this moment. */
  #storeOf(partition: number): StateStore | undefined {
    const group = this.groups.find(({ role }) => role === "run");
    const task = [...(group?.tasks ?? [])].find((one) => one.partition === partition);
    return task?.phase === "running" ? task.store : undefined;
  }

  /** From now on new threads start on this one. */
  async use(bundle: BundleSource): Promise<void> {
    for (const workload of this.#workloads) if (workload instanceof ThreadWorkload) await workload.use(bundle);
    await this.inputs?.use(bundle);
  }

  /** Finishes and commits the batches that have begun, then leaves the groups. */
  stop(error?: Error): Promise<void> {
    this.#stopping ??= this.#stop(error);
    return this.#stopping;
  }

  async #stop(error: Error | undefined): Promise<void> {
    // What has begun to start is there to be stopped.
    await this.#starting?.catch(() => {});
    clearInterval(this.#timer);
    // What they read they ask of threads that the roles have.
    await this.inputs?.leave();
    await Promise.all(this.groups.map((group) => group.leave())); // I1
    await this.#admin?.close();
    this.#end(error);
  }

  async #tick(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      for (const group of this.groups) await group.writeOffsets();
      const inputs = [...this.groups.map(({ input }) => input), ...(this.inputs?.inputs ?? [])];
      await this.#topics.refresh(this.#ticks % TICKS_A_LOOK === 0 ? undefined : inputs);
      this.#ticks += 1;
      for (const group of this.groups) await group.tick(this.#ticks % TICKS_A_CHECKPOINT === 0);
      await this.inputs?.tick();
    } catch (error) {
      if (error instanceof Problem && error.code === "wrong-partition-count") {
        this.#options.logger.error({ error }, error.message);
        await this.stop(error);
      } else this.#options.logger.debug({ error }, "the cluster could not be asked");
    } finally {
      this.#ticking = false;
    }
  }
}

/** Threads lie in the state directory itself. */
const directoryOf = (role: RoleName, stateDirectory: string): string =>
  role === "run" ? stateDirectory : join(stateDirectory, role);
