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
import type { Refusal, SourceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import type { DeviceStore, KeyValueStore } from '../devices/device-store.ts';
import type { Catalogue, DesiredFleet } from '../manifests/desired.ts';
import { desiredOf } from '../manifests/manifest-state.ts';
import { planDevice } from '../planning/plan-device.ts';
import { statusDocument } from '../planning/status-document.ts';
import { type AuthorizeDevice, authorizeByFleet } from '../transport/authorization.ts';
import type { Shadows } from '../transport/shadows.ts';
import { desiredShadow, type Issuing, issueDeployment } from './issue-deployment.ts';
import type { ReadBlob } from './manifest-reader.ts';
import {
  judgeRevision,
  keepRevision,
  keptRevision,
  noRevision,
  type RevisionTree,
  type ValidRevision,
} from './revision-in-force.ts';
import { adopted, answered, initialSourceState, refused, unreachable, withoutCommit } from './source-state.ts';
import { takeReport } from './take-report.ts';

/** What became of the branch since it was looked at last. */
export type SourceNews =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'tip'; readonly id: string }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'empty' }
  /** A tip that is not looked into: it is not signed as it must be. */
  | { readonly kind: 'refused'; readonly id: string; readonly message: string };

/** The repository as the loop sees it. */
export interface RevisionSource {
  readonly location: string;
  readonly branch: string;
  poll(signal: AbortSignal): Promise<SourceNews>;
  readTree(id: string): Promise<RevisionTree>;
  readonly readBlob: ReadBlob;
}

/** Releases and signed metadata as the loop sees them. */
export interface Publisher {
  /** The releases that a revision's trust metadata names, or what is wrong with it. */
  judge(
    tree: RevisionTree,
    readBlob: ReadBlob,
  ): Promise<{ readonly catalogue: Catalogue; readonly problems: SourceStatus['problems'] }>;
  /** Makes all that a judged revision's devices may fetch available; durable when it resolves. */
  publish(tree: RevisionTree, catalogue: Catalogue, readBlob: ReadBlob): Promise<void>;
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
  #inForce: { readonly files: RevisionTree['files']; readonly state: ValidRevision['state'] } = noRevision;
  #desired: DesiredFleet = desiredOf(noRevision.state);
  #source: SourceStatus;
  #polling: Promise<void> | undefined;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
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
    if (kept !== undefined) await this.#takeUp(kept);
    await shadows.start({
      onReported: (device, reported) => {
        if (this.#stopping.signal.aborted) return;
        takeReport(devices, device, reported, clock.now());
        this.#reconsider([device]).catch((error: unknown) => this.#complain('reconcile.failed', error));
      },
      onContact: (device, connected) => devices.recordContact(device, clock.now(), connected),
    });
    // What was issued but perhaps not handed over before the stop is handed over now; for all others this changes nothing.
    for (const device of this.#desired.devices.keys()) await this.#handOver(device);
    for (const device of devices.names()) if (!this.knowsDevice(device)) await shadows.remove(device);
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

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#parts.shadows.stop();
  }

  /** A restart: the files are the same as when they were found valid, and mostly parsed before. */
  async #takeUp(tree: RevisionTree): Promise<void> {
    const { source, publisher, values } = this.#parts;
    const { catalogue } = await publisher.judge(tree, source.readBlob);
    const judged = await judgeRevision(noRevision, tree, catalogue, values, source.readBlob);
    if (judged.kind === 'refused') {
      throw new Error(
        `the revision ${tree.info.id} was in force and is not valid any more: ${judged.problems[0]?.message}`,
      );
    }
    this.#putInForce(judged.revision);
  }

  #putInForce({ tree, state }: ValidRevision): void {
    this.#inForce = { files: tree.files, state };
    this.#desired = desiredOf(state);
  }

  async #look(): Promise<void> {
    const { source, clock } = this.#parts;
    try {
      const news = await source.poll(this.#stopping.signal);
      switch (news.kind) {
        case 'tip':
          return await this.#consider(news.id);
        case 'unchanged':
          return await this.#stay();
        case 'unreachable':
          return this.#note(unreachable(this.#source, news.message, clock.now()));
        case 'empty':
          return this.#note(withoutCommit(this.#source, clock.now()));
        case 'refused':
          return this.#refuse(await source.readTree(news.id), news.message, []);
        default:
          news satisfies never;
      }
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#complain('source.failed', error);
      this.#note(unreachable(this.#source, error instanceof Error ? error.message : String(error), clock.now()));
    }
  }

  /** The tip is the one seen last. One that was not judged to its end, because the controller stopped, is judged now. */
  async #stay(): Promise<void> {
    const { tip, revision, state } = this.#source;
    if (state === 'unreachable' && tip !== undefined && tip.id !== revision?.id) return this.#consider(tip.id);
    this.#note(answered(this.#source, this.#parts.clock.now()));
  }

  async #consider(id: string): Promise<void> {
    const { source, publisher, values, clock, log } = this.#parts;
    const tree = await source.readTree(id);
    const { catalogue, problems } = await publisher.judge(tree, source.readBlob);
    const judged = await judgeRevision(this.#inForce, tree, catalogue, values, source.readBlob);
    const found = [...problems, ...(judged.kind === 'refused' ? judged.problems : [])];
    if (judged.kind === 'refused' || found.length > 0) {
      return this.#refuse(tree, `${found.length} ${found.length === 1 ? 'problem' : 'problems'} in its files`, found);
    }
    await publisher.publish(tree, catalogue, source.readBlob);
    const removed = [...judged.affected].filter((device) => !judged.revision.state.desiredDevices.has(device));
    keepRevision(values, tree);
    this.#putInForce(judged.revision);
    this.#note(adopted(this.#source, tree.info, clock.now()));
    log.write('info', 'revision.adopted', { revision: id, subject: tree.info.subject, devices: judged.affected.size });
    this.#parts.reauthorize();
    for (const device of removed) await this.#parts.shadows.remove(device);
    await this.#reconsider(judged.affected);
  }

  #refuse(tree: RevisionTree, message: string, problems: SourceStatus['problems']): void {
    this.#parts.log.write('warn', 'revision.refused', { revision: tree.info.id, reason: message });
    this.#note(refused(this.#source, tree.info, message, problems, this.#parts.clock.now()));
  }

  /** Plans these devices again and issues what they should get now. */
  async #reconsider(names: Iterable<string>): Promise<void> {
    const { clock, devices, issuing } = this.#parts;
    const revision = this.#source.revision?.id;
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
