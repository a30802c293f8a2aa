/**
 * The loop over the other rooms: what git wants, what devices say, and what follows. One thing at a time; everything is
 * durable before the next room learns of it, so that a stop at any instant loses nothing and repeats nothing.
 *
 *     repository ─poll─► judge ─► publish ─► keep ─► plan ─► issue ─► shadow ─► device
 *                          │                          ▲                           │
 *                       refused: what is in force     └────────── report ◄────────┘
 *                       stays in force
 */
import type { Clock, Log } from '../../platform/ports.ts';
import type { Refusal, RevisionStatus, SourceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import type { DeviceStore, KeyValueStore } from '../devices/device-store.ts';
import type { Catalogue, DesiredFleet } from '../manifests/desired.ts';
import { desiredOf } from '../manifests/manifest-state.ts';
import { planDevice } from '../planning/plan-device.ts';
import { statusDocument } from '../planning/status-document.ts';
import type { Needed } from '../publishing/artifact-store.ts';
import type { ReleaseDemand } from '../publishing/smaller-ways.ts';
import type { History, Source } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';
import { type AuthorizeDevice, authorizeByFleet } from '../transport/authorization.ts';
import type { Shadows } from '../transport/shadows.ts';
import { desiredShadow, type Issuing, issueDeployment } from './issue-deployment.ts';
import { keepingBlobs, type ReadBlob } from './manifest-reader.ts';
import { neededArtifacts, wantedReleases } from './needed-artifacts.ts';
import {
  judgeRevision,
  keepRevision,
  keptRevision,
  noRevision,
  type RevisionStep,
  type RevisionTree,
  treeAfter,
  type ValidRevision,
} from './revision-in-force.ts';
import { adopted, answered, initialSourceState, refused, unreachable, withoutCommit } from './source-state.ts';
import { takeReport } from './take-report.ts';

/** The repository as the loop sees it. */
export type RevisionSource = Pick<Source, 'location' | 'branch' | 'poll' | 'changes' | 'readBlob'>;

/** Releases and signed metadata as the loop sees them. */
export interface Publisher {
  /** The releases that a revision's trust metadata names, or what is wrong with it. */
  judge(
    tree: RevisionTree,
    readBlob: ReadBlob,
  ): Promise<{ readonly catalogue: Catalogue; readonly problems: SourceStatus['problems'] }>;
  /** Makes all that a judged revision's devices may fetch available; durable when it resolves. */
  publish(tree: RevisionTree, catalogue: Catalogue, readBlob: ReadBlob, demand: ReleaseDemand): Promise<void>;
  /** Takes up what was judged and published before a restart. */
  resume(catalogue: Catalogue, demand: ReleaseDemand): void;
  /** Frees what neither the revision in force nor any device needs; returns how many files went. */
  collect(alsoNeeded: Omit<Needed, 'deltas'>, demand: ReleaseDemand): number;
}

/** The other rooms. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: RevisionSource;
  readonly publisher: Publisher;
  readonly devices: DeviceStore;
  readonly values: KeyValueStore;
  readonly shadows: Shadows;
  readonly issuing: Issuing;
  /** Asks the broker to judge its open connections again. */
  readonly reauthorize: () => void;
}

export interface Controller {
  /** Takes up what was in force, then follows the branch whenever `poll` is called. */
  start(): Promise<void>;
  /** Looks at the branch; concurrent calls become one. */
  poll(): Promise<void>;
  status(): StatusDocument;
  /** Frees artifacts that nobody needs any more. */
  collectGarbage(): void;
  readonly authorize: AuthorizeDevice;
  readonly knowsDevice: (device: string) => boolean;
  readonly onRefusal: (refusal: Omit<Refusal, 'at'>) => void;
  stop(): Promise<void>;
}

const sourceRoom = 'source';
const sourceKey = 'state';

class ReconcilingController implements Controller {
  readonly #parts: ControllerParts;
  readonly #stopping = new AbortController();
  /** For signed metadata, so that a restart does not need the repository. */
  readonly #readTrust: ReadBlob;
  #hasLooked = false;
  #inForce: ValidRevision = noRevision;
  #desired: DesiredFleet = desiredOf(noRevision.state);
  #source: SourceStatus;
  #polling: Promise<void> | undefined;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#readTrust = keepingBlobs(parts.values, parts.source.readBlob);
    const kept = parts.values.get(sourceRoom, sourceKey);
    const initial = initialSourceState(parts.source.location, parts.source.branch);
    this.#source = kept === undefined ? initial : { ...JSON.parse(new TextDecoder().decode(kept)), ...place(initial) };
  }

  readonly authorize: AuthorizeDevice = (device, fingerprint) =>
    authorizeByFleet(this.#desired.devices)(device, fingerprint);

  readonly knowsDevice = (device: string): boolean => this.#desired.devices.has(device);

  readonly onRefusal = (refusal: Omit<Refusal, 'at'>): void => {
    this.#parts.devices.recordRefusal({ at: new Date(this.#parts.clock.now()).toISOString(), ...refusal });
  };

  async start(): Promise<void> {
    const { shadows, values, clock, devices } = this.#parts;
    const kept = keptRevision(values);
    if (kept !== undefined) await this.#resume(kept);
    await shadows.start({
      onReported: (device, reported) => {
        if (this.#stopping.signal.aborted) return;
        takeReport(devices, device, reported, clock.now());
        // Not within the transaction in which the report is taken.
        Promise.resolve([device])
          .then((names) => this.#reconsider(names))
          .catch((error: unknown) => this.#complain('reconcile.failed', error));
      },
      onContact: (device, connected) => devices.recordContact(device, clock.now(), connected),
    });
    // What was issued but perhaps not handed over before the stop is handed over now; for all others this changes nothing.
    for (const device of this.#desired.devices.keys()) await this.#handOver(device);
    await this.#sweep();
    await this.#reconsider(this.#desired.devices.keys());
  }

  poll(): Promise<void> {
    this.#polling ??= this.#look().finally(() => {
      this.#polling = undefined;
    });
    return this.#polling;
  }

  status(): StatusDocument {
    const { devices, clock } = this.#parts;
    return statusDocument({
      desired: this.#desired,
      observe: (device) => devices.observed(device),
      heard: devices.names(),
      source: this.#source,
      refusals: devices.refusals(),
      now: clock.now(),
    });
  }

  collectGarbage(): void {
    const { publisher, devices, log } = this.#parts;
    const needed = neededArtifacts(devices);
    const files = publisher.collect(needed, { wanted: wantedReleases(this.#desired), held: needed.releases });
    if (files > 0) log.write('info', 'publishing.collected', { files });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#parts.shadows.stop();
  }

  /**
   * Takes up what was in force before the restart. When that can't be done (a damaged mirror, a stricter version of this
   * program), nothing is in force until the next poll finds something valid; no device is told anything meanwhile.
   */
  async #resume(kept: RevisionTree): Promise<void> {
    const { source } = this.#parts;
    try {
      await this.#takeUp(kept);
    } catch (error) {
      if (!(error instanceof SourceError)) return this.#complain('revision.not-resumed', error);
      // The poll makes a damaged mirror anew.
      await source.poll(this.#stopping.signal, kept.info.id);
      await this.#takeUp(kept).catch((again: unknown) => this.#complain('revision.not-resumed', again));
    }
  }

  /** The files are the same as when they were found valid, and were read before. */
  async #takeUp(tree: RevisionTree): Promise<void> {
    const { source, publisher, values } = this.#parts;
    const { catalogue } = await publisher.judge(tree, this.#readTrust);
    const changes = [...tree.files].map(([path, oid]) => ({ path, oid }));
    const step = { before: noRevision, info: tree.info, changes };
    const judged = await judgeRevision(step, catalogue, values, source.readBlob);
    if (judged.kind === 'valid') {
      this.#putInForce(judged.revision);
      const held = neededArtifacts(this.#parts.devices).releases;
      return publisher.resume(catalogue, { wanted: wantedReleases(this.#desired), held });
    }
    throw new Error(`revision ${tree.info.id} was in force and is not valid any more: ${judged.problems[0]?.message}`);
  }

  /** Devices that git does not name any more lose their shadow; without a revision nobody knows which these are. */
  async #sweep(): Promise<void> {
    const { devices, shadows } = this.#parts;
    if (this.#inForce.info === undefined) return;
    for (const device of devices.names()) if (!this.knowsDevice(device)) await shadows.remove(device);
  }

  #putInForce(revision: ValidRevision): void {
    this.#inForce = revision;
    this.#desired = desiredOf(revision.state);
  }

  /** The tip that was judged to its end. One that was refused is judged again after a silence, to say again why. */
  #judged(): string | undefined {
    const { state, tip, revision } = this.#source;
    if (this.#inForce.info === undefined && !this.#hasLooked) return undefined;
    return state === 'unreachable' && tip?.id !== revision?.id ? undefined : tip?.id;
  }

  async #look(): Promise<void> {
    const { source, clock } = this.#parts;
    try {
      const news = await source.poll(this.#stopping.signal, this.#judged());
      this.#hasLooked = true;
      switch (news.kind) {
        case 'tip':
          return await this.#consider(news.revision, news.history);
        case 'unchanged':
          return this.#note(answered(this.#source, clock.now()));
        case 'empty':
          return this.#note(withoutCommit(this.#source, clock.now()));
        case 'refused':
          return this.#refuse(news.revision, `${news.message} (${news.code})`, []);
        case 'branch-missing':
        case 'unreachable':
          return this.#note(unreachable(this.#source, news.message, clock.now()));
        default:
          news satisfies never;
      }
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#complain('source.failed', error);
      this.#note(unreachable(this.#source, error instanceof Error ? error.message : String(error), clock.now()));
    }
  }

  /** From what is in force to `info`; from nothing, when git no longer has what is in force to compare with. */
  async #stepTo(info: RevisionStatus): Promise<RevisionStep> {
    const { source } = this.#parts;
    const before = this.#inForce;
    try {
      return { before, info, changes: await source.changes(before.info?.id, info.id) };
    } catch (error) {
      if (!(error instanceof SourceError) || error.code !== 'GONE') throw error;
    }
    const whole = new Map((await source.changes(undefined, info.id)).map((change) => [change.path, change]));
    const gone = [...before.files.keys()].filter((path) => !whole.has(path)).map((path) => ({ path }));
    const changed = [...whole.values()].filter(({ path, oid }) => before.files.get(path) !== oid);
    return { before, info, changes: [...changed, ...gone] };
  }

  async #consider(info: RevisionStatus, history: History): Promise<void> {
    const { source, publisher, devices, values, clock, log } = this.#parts;
    const step = await this.#stepTo(info);
    const tree = treeAfter(step);
    const { catalogue, problems } = await publisher.judge(tree, this.#readTrust);
    const judged = await judgeRevision(step, catalogue, values, source.readBlob);
    const found = [...problems, ...(judged.kind === 'refused' ? judged.problems : [])];
    if (judged.kind === 'refused' || found.length > 0) {
      return this.#refuse(info, `${found.length} ${found.length === 1 ? 'problem' : 'problems'} in its files`, found);
    }
    const demand = {
      wanted: wantedReleases(desiredOf(judged.revision.state)),
      held: neededArtifacts(devices).releases,
    };
    await publisher.publish(tree, catalogue, this.#readTrust, demand);
    const removed = [...judged.affected].filter((device) => !judged.revision.state.desiredDevices.has(device));
    const isFirst = step.before.info === undefined;
    keepRevision(values, tree);
    this.#putInForce(judged.revision);
    this.#note(adopted(this.#source, info, clock.now()));
    log.write('info', 'revision.adopted', {
      revision: info.id,
      subject: info.subject,
      devices: judged.affected.size,
      history,
    });
    this.#parts.reauthorize();
    if (isFirst) await this.#sweep();
    else for (const device of removed) await this.#parts.shadows.remove(device);
    await this.#reconsider(judged.affected);
  }

  #refuse(tip: RevisionStatus, message: string, problems: SourceStatus['problems']): void {
    this.#parts.log.write('warn', 'revision.refused', { revision: tip.id, reason: message });
    this.#note(refused(this.#source, tip, message, problems, this.#parts.clock.now()));
  }

  /** Plans these devices again and issues what they should get now. */
  async #reconsider(names: Iterable<string>): Promise<void> {
    const { clock, devices, issuing } = this.#parts;
    const revision = this.#inForce.info?.id;
    if (revision === undefined) return;
    for (const name of names) {
      const device = this.#desired.devices.get(name);
      if (device === undefined) continue;
      const decision = planDevice(device, devices.observed(name));
      if (decision.kind !== 'deploy') continue;
      issueDeployment(issuing, device, revision, clock.now());
      await this.#handOver(name);
    }
  }

  async #handOver(device: string): Promise<void> {
    const desired = desiredShadow(this.#parts.issuing, device);
    if (desired !== undefined) await this.#parts.shadows.setDesired(device, desired);
  }

  #note(next: SourceStatus): void {
    this.#source = next;
    this.#parts.values.set(sourceRoom, sourceKey, new TextEncoder().encode(JSON.stringify(next)));
  }

  #complain(event: string, error: unknown): void {
    this.#parts.log.write('error', event, { error });
  }
}

function place({ location, branch }: SourceStatus): Pick<SourceStatus, 'location' | 'branch'> {
  return { location, branch };
}

/** The controller over its rooms; nothing happens before `start`. */
export function createController(parts: ControllerParts): Controller {
  return new ReconcilingController(parts);
}
