// Owns versions of a workflow side by side in one bundle: what a thread is started with, which version runs it, and how a running
// thread is told to hand over to a later one. It is one policy of many: the runtime knows nothing of versions.
// Neighbours: upgrade-manager.ts sends the commands; what is handed over, and to whom it fits, is the workflow's own.
//
// I1. A major version is a workflow of its own: nothing is handed over to it.
// I2. A minor version takes over from an earlier one of the same major, when that is told to hand over.
// I3. A patch needs nothing: the bundle has one implementation of each minor version, and that runs all its patches.
import { topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export * from "./upgrade-manager.js";

export interface Version {
  major: number;
  minor: number;
  patch: number;
}

interface Envelope<Kind extends string, Payload> {
  workflow: string;
  version: Version;
  kind: Kind;
  bookingId: string;
  payload: Payload;
}

/** What a thread is started with. */
export type Start<Input> = Envelope<"start", Input>;

/** The same for one that goes on where another version has left off: `booked` is what that one has outside of the thread. */
export type Handoff<State, Booked = never> = Envelope<
  "handoff",
  { fromVersion: Version; toVersion: Version; input: State; booked: Booked[] }
>;

/** A version, by what it does with each envelope. */
export interface Implementation<Input, State, Booked> {
  start(envelope: Start<Input>): Promise<unknown>;
  /** Absent: it cannot go on with what another version has begun. */
  handoff?(envelope: Handoff<State, Booked>): Promise<unknown>;
}

/** Runs the version that the envelope asks for; they go by major and minor, `1.0`. */
export function runVersion<Input, State, Booked>(
  versions: Record<string, Implementation<Input, State, Booked>>,
  envelope: Start<Input> | Handoff<State, Booked>,
): Promise<unknown> {
  const { workflow, version, kind } = envelope;
  if (kind === "handoff") assertReusable(envelope.payload.fromVersion, version);
  const found = versions[`${version.major}.${version.minor}`];
  if (kind === "start" && found) return found.start(envelope);
  if (kind === "handoff" && found?.handoff) return found.handoff(envelope);
  const known = Object.keys(versions).join(", ");
  throw new Error(`no ${kind} of ${workflow} ${textOf(version)} here: there are ${known}`);
}

/** What a running thread is told, on the ref that it has announced. */
export interface UpgradeCommand {
  targetVersion: Version;
}

const awaitUpgrade = topic<{ ref: string; currentVersion: Version }>("versioning-await-upgrade");
const handoffs = topic<Handoff<unknown, unknown>>("versioning-handoff");

/** Says where a thread of this version hears upgrade commands. */
export function announceUpgrade(currentVersion: Version, ref: string): void {
  awaitUpgrade.send({ ref, currentVersion });
}

/** Whether the target is to take over. @throws an Error where it cannot */
export function needsUpgrade(current: Version, target: Version): boolean {
  assertReusable(current, target);
  return target.minor > current.minor;
}

/** Waits on the ref `versioning-upgrade` for a version that is to take over. */
export async function upgrade(current: Version): Promise<Version> {
  const id = "versioning-upgrade";
  announceUpgrade(current, id);
  for (;;) {
    const { targetVersion } = await W.refId<UpgradeCommand>(id);
    if (needsUpgrade(current, targetVersion)) return targetVersion;
  }
}

/** Hands over: the record's value is what the next version is to be started with. */
export function handOff<State, Booked = never>(
  { workflow, bookingId }: Start<unknown>,
  fromVersion: Version,
  toVersion: Version,
  input: State,
  booked: Booked[] = [],
): void {
  const payload = { fromVersion, toVersion, input, booked };
  handoffs.send({ workflow, version: toVersion, kind: "handoff", bookingId, payload });
}

function assertReusable(from: Version, to: Version): void {
  if (from.major !== to.major) throw new Error(`cannot reuse ${textOf(from)} for ${textOf(to)}`);
}

const textOf = ({ major, minor, patch }: Version): string => `${major}.${minor}.${patch}`;
