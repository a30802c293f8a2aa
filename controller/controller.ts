/**
 * The controller without its doors: the branch is followed, the engine decides, the view tells.
 *
 *     source ─► following ─► engine ─► view
 *                 │ publishing  ▲ │
 *                 ▼             │ ▼
 *              artifacts      doors ◄─► devices
 */
import type { Clock, Log } from '../platform/ports.ts';
import { Turn } from '../platform/turn.ts';
import type { BatchAnswer } from '../schemas/batch-answer.ts';
import type {
  BrokerStatus,
  Deployment,
  ReceiptOrder,
  Refusal,
  StatusDocument,
  StorageStatus,
} from '../schemas/generated/types.ts';
import type { MessageBatch } from '../schemas/message-batch.ts';
import { proveReceipt } from '../schemas/receipt.ts';
import { type AuthorizeDevice, authorizeByFleet } from './authority/authorization.ts';
import type { TakeNews } from './doors/http/news-route.ts';
import type { ReceiptOutcome } from './doors/http/receipt-routes.ts';
import { Refusals } from './doors/refusals.ts';
import { Engine } from './engine/engine.ts';
import type { BundledEvent, ContactEvent, ShadowRequestEvent } from './engine/events.ts';
import type { Image } from './engine/image.ts';
import { loadImage } from './engine/load-image.ts';
import type { ActRefusal } from './engine/move-rollout.ts';
import { type DeviceOffer, offersTo } from './engine/offers.ts';
import { reminders } from './engine/reminders.ts';
import { type End, expiryStatuses } from './expiry/end.ts';
import { BranchFollower } from './following/branch-follower.ts';
import type { Publisher, RevisionSource } from './following/follower-parts.ts';
import type { Acceptance } from './following/held-tip.ts';
import type { JudgedPlace } from './following/judged-place.ts';
import type { DesiredFleet } from './manifests/desired.ts';
import { Intake } from './messages/intake.ts';
import { isOfLogbook, LogbookIntake } from './messages/logbook-intake.ts';
import type { WatchedOutlet } from './messages/watched-outlet.ts';
import type { Asked } from './planning/rollout/act.ts';
import type { ReleaseDemand, SmallerWays } from './publishing/smaller-ways.ts';
import type { JsonObject } from './shadow/document.ts';
import type { ShadowMessage } from './shadow/protocol.ts';
import type { BlobCache } from './state/blob-cache.ts';
import type { StatePort } from './state/state-port.ts';
import { NeededArtifacts, wantedReleases } from './view/needed-artifacts.ts';
import { type StatusQuery, selectDevices } from './view/selection.ts';
import { statusDocument } from './view/status.ts';
import { View } from './view/view.ts';

/** The other rooms. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: RevisionSource;
  readonly publisher: Publisher;
  /** What makes deltas. */
  readonly deltas: Pick<SmallerWays, 'deltasTo' | 'onDeltas'>;
  readonly state: StatePort;
  readonly cache: BlobCache;
  readonly judged: JudgedPlace;
  /** Says something to a device; resolves when the broker has it. */
  readonly publish: (message: ShadowMessage) => Promise<void>;
  /** A DSSE envelope by the deployment key. */
  readonly sign: (deployment: Deployment) => string;
  /** The id of that key. */
  readonly keyId: string;
  /** Puts an envelope into the artifact store, where it is served under its digest; durable when it resolves. */
  readonly putBlob: (bytes: Uint8Array) => Promise<unknown>;
  /** Whether the broker tells who is connected. */
  readonly tellsConnections: boolean;
  /** Asks the broker to judge its connections again, the open ones too, by the devices that git names now. */
  readonly reauthorize: (devices: DesiredFleet['devices']) => void;
  /** Whether an external broker is there. */
  readonly brokerStatus?: () => BrokerStatus;
  /** Where what devices' applications say comes out. */
  readonly outlets?: readonly WatchedOutlet[];
  /** All trust that ends by itself, but the certificates of devices. */
  readonly ends?: () => readonly End[];
}

export interface Controller {
  /** Takes up what was in force, then follows the branch whenever `poll` is called. */
  start(): Promise<void>;
  /** Looks at the branch; calls during a look become one look after it. */
  poll(): Promise<void>;
  /** Looks because somebody says that the branch moved: a server that did not answer is asked again sooner. */
  pollAtPush(): Promise<void>;
  /** Takes a tip that is held back because the branch was rewritten. */
  acceptRevision(name: string): Promise<Acceptance>;
  /** All trust that ends by itself. */
  ends(): readonly End[];
  /** Does something to the rollout of a fleet; what it says instead is why it can't be done. */
  act(fleet: string, asked: Asked): Promise<ActRefusal | undefined>;
  /** Throws `NothingThere` when there is no such thing as was asked for. */
  status(query?: StatusQuery): Promise<StatusDocument>;
  /** What devices are offered now, `limit` of them at most. Throws as `status`. */
  offers(
    target: NonNullable<StatusQuery['target']>,
    limit: number,
  ): Promise<{ readonly devices: readonly DeviceOffer[]; readonly isMore: boolean }>;
  /** Records what is carried by hand to devices; durable when it resolves. */
  noteBundle(bundled: Omit<BundledEvent, 'kind'>): Promise<void>;
  /** Takes what a device said of itself under its key, and somebody brought; durable when it resolves. */
  takeReceipt(order: ReceiptOrder): Promise<ReceiptOutcome>;
  /** Changes of what status shows, for who keeps up with them. */
  readonly changes: Pick<View, 'changeId' | 'changesSince' | 'listen'>;
  /** Frees artifacts that nobody needs any more. */
  collectGarbage(): Promise<void>;
  /** Whether a file that is served is as it was written, where that is known. */
  isRightArtifact(file: string, bytes: Uint8Array | undefined): boolean;
  /** A file that is served is not what it was, or not there: it is put again where it is known what it was. */
  mendArtifact(file: string): Promise<void>;
  readonly authorize: AuthorizeDevice;
  readonly knowsDevice: (device: string) => boolean;
  readonly onRefusal: (refusal: Omit<Refusal, 'at'>) => void;
  /** A device asks its shadow for something. */
  readonly onRequest: (request: Omit<ShadowRequestEvent, 'kind'>) => void;
  /** A device without a session says how it is, and asks what is news to it. */
  readonly onNews: TakeNews;
  /** A device, or an application of it, has something to say; the answer is for the device. */
  readonly onBatch: (device: string, batch: MessageBatch) => Promise<BatchAnswer | undefined>;
  /** A connection of a device opened or closed. */
  readonly onContact: (contact: Omit<ContactEvent, 'kind'>) => void;
  /** A device was given a certificate that ends at this time. */
  readonly onCertificate: (device: string, endsAt: number) => void;
  stop(): Promise<void>;
}

class FollowingController implements Controller {
  readonly #parts: ControllerParts;
  readonly #image: Image;
  readonly #startedAt: number;
  readonly #refusals: Refusals;
  readonly #engine: Engine;
  readonly #view: View;
  readonly #needed: NeededArtifacts;
  readonly #branch: BranchFollower;
  readonly #intake: Intake;
  readonly #logbooks = new LogbookIntake((event) => this.#engine.ask(event));

  constructor(parts: ControllerParts, image: Image, needed: NeededArtifacts) {
    this.#parts = parts;
    this.#image = image;
    this.#needed = needed;
    this.#startedAt = parts.clock.now();
    this.#refusals = new Refusals(image.refusals.values());
    const { clock, log, state, cache, judged, source, publisher, publish, sign, keyId, putBlob, tellsConnections } =
      parts;
    this.#view = new View({ clock, image, context: () => this.#engine.context });
    this.#engine = new Engine({
      ...{ clock, log, state, image, publish, sign, keyId, putBlob, tellsConnections },
      deltasTo: (releases) => parts.deltas.deltasTo(releases),
      onChange: (devices) => this.#view.touch(devices),
    });
    parts.deltas.onDeltas = () => this.#engine.lookAtDeltas();
    this.#intake = new Intake({
      ...{ clock, outlets: parts.outlets ?? [] },
      markOf: (device, channel) => image.marks(device)[channel],
      note: (device, channel, mark) => this.#engine.ask({ kind: 'messages-taken', device, channel, mark }),
    });
    this.#branch = new BranchFollower({
      ...{ clock, log, source, publisher, cache, judged },
      memory: {
        revision: image.revision,
        source: image.source,
        get accepted() {
          return image.accepted;
        },
        accept: (revision) => this.#engine.ask({ kind: 'acceptance', revision }),
        resume: async (revision, desired) => {
          await this.#engine.resumeInTurns(revision, desired);
          parts.reauthorize(desired.devices);
        },
        adopt: async (adoption) => {
          await this.#engine.adopt(adoption);
          this.#remind();
          parts.reauthorize(adoption.desired.devices);
        },
        note: (status) => this.#engine.tell({ kind: 'source', source: status }),
      },
      demand: (desired) => this.#demand(desired),
    });
  }

  readonly authorize: AuthorizeDevice = (device, fingerprint) =>
    authorizeByFleet(this.#engine.desired.devices)(device, fingerprint);

  readonly knowsDevice = (device: string): boolean => this.#engine.desired.devices.has(device);

  readonly onRefusal = (refusal: Omit<Refusal, 'at'>): void => {
    const at = new Date(this.#parts.clock.now()).toISOString();
    const changes = this.#refusals.record({ at, ...refusal });
    const writes = changes.map((change) => ({
      ...{ kind: 'refusal' as const, key: change.key },
      ...(change.kind === 'put' && { refusal: change.refusal }),
    }));
    if (writes.length > 0) this.#engine.tell({ kind: 'refusals', writes });
  };

  /** A broker that is not ours may let somebody in whom git does not name. */
  readonly onRequest = (request: Omit<ShadowRequestEvent, 'kind'>): void => {
    const { device } = request;
    if (!this.knowsDevice(device)) {
      this.onRefusal({ device, code: 'DEVICE_UNKNOWN', message: `no manifest names a device ${device}` });
    }
    this.#engine.tell({ kind: 'shadow-request', ...request });
  };

  readonly onNews: TakeNews = (device, asked) => this.#engine.news({ kind: 'news', device, ...asked });

  readonly onBatch: Controller['onBatch'] = (device, batch) =>
    (isOfLogbook(batch) ? this.#logbooks : this.#intake).take(device, batch);

  readonly onContact = (contact: Omit<ContactEvent, 'kind'>): void =>
    this.#engine.tell({ kind: 'contact', ...contact });

  readonly onCertificate = (device: string, endsAt: number): void =>
    this.#engine.tell({ kind: 'certificate', device, endsAt });

  ends(): readonly End[] {
    const { ends, clock } = this.#parts;
    const ofDevices = this.#view.certificates.end(clock.now());
    return [...(ends?.() ?? []), ...(ofDevices === undefined ? [] : [ofDevices])];
  }

  get changes(): Controller['changes'] {
    return this.#view;
  }

  #demand(desired: DesiredFleet): ReleaseDemand {
    return { wanted: wantedReleases(desired, this.#image.goodDefinitions), held: this.#needed.releases };
  }

  async start(): Promise<void> {
    await this.#branch.resume();
    this.#view.touch(undefined);
    await this.#view.settled();
  }

  poll(): Promise<void> {
    return this.#branch.look();
  }

  pollAtPush(): Promise<void> {
    return this.#branch.look(true);
  }

  acceptRevision(name: string): Promise<Acceptance> {
    return this.#branch.accept(name);
  }

  act(fleet: string, asked: Asked): Promise<ActRefusal | undefined> {
    return this.#engine.act(fleet, asked);
  }

  get #storage(): StorageStatus | undefined {
    const { trouble } = this.#engine;
    const { rowsSetAside } = this.#image;
    const { lost } = this.#parts.state;
    if (trouble === undefined && rowsSetAside === 0 && lost === undefined) return undefined;
    const aside = `${rowsSetAside} rows of its state could not be read since it started`;
    const message = [...(lost === undefined ? [] : [lost]), ...(rowsSetAside === 0 ? [] : [aside])].join('; ');
    const { since, ...words } = trouble ?? { code: 'STATE_ROWS_SET_ASIDE', message, since: this.#startedAt };
    return { ...words, since: new Date(since).toISOString(), rowsSetAside };
  }

  async status(query: StatusQuery = {}): Promise<StatusDocument> {
    await this.#view.settled();
    const { brokerStatus, outlets = [], ends, clock } = this.#parts;
    const storage = this.#storage;
    return statusDocument(
      {
        ...{ view: this.#view, image: this.#image, turn: new Turn(clock) },
        context: this.#engine.context,
        source: this.#branch.status,
        refusals: this.#refusals.newestFirst(),
        ...(brokerStatus && { broker: brokerStatus() }),
        ...(ends && { expiry: expiryStatuses(this.ends(), clock.now()) }),
        ...(storage && { storage }),
        outlets: outlets.map((outlet) => outlet.status()),
      },
      query,
    );
  }

  offers: Controller['offers'] = async (target, limit) => {
    await this.#view.settled();
    const query = { target, page: { limit } };
    const { desired } = this.#engine;
    const { shown, next } = await selectDevices(this.#view, desired, query, new Turn(this.#parts.clock));
    return { devices: await offersTo(this.#image, shown), isMore: next !== undefined };
  };

  noteBundle(bundled: Omit<BundledEvent, 'kind'>): Promise<void> {
    return this.#engine.ask({ kind: 'bundled', ...bundled });
  }

  takeReceipt: Controller['takeReceipt'] = async ({ receipt, who }) => {
    const claimed = proveReceipt(receipt);
    if (claimed === undefined)
      return { kind: 'refused', code: 'RECEIPT_FORGED', message: 'it is not signed by the key that it shows' };
    const { device, report, keyFingerprint } = claimed;
    const verdict = this.authorize(device, keyFingerprint);
    if (verdict !== 'ok') return { kind: 'refused', ...verdict };
    const refusal = await this.#engine.takeReceipt({ device, reported: report as JsonObject, who });
    return refusal === undefined
      ? { kind: 'taken', device, madeAt: String(report.at) }
      : { kind: 'refused', ...refusal };
  };

  async collectGarbage(): Promise<void> {
    const { publisher, cache, clock, log } = this.#parts;
    await cache.prune(new Turn(clock));
    const { releases, blobs } = this.#needed;
    const files = await publisher.collect({ releases, blobs }, this.#demand(this.#engine.desired));
    if (files > 0) log.write('info', 'publishing.collected', { files });
  }

  async #envelopeOf(name: string): Promise<string | undefined> {
    const { documents } = this.#image;
    await documents.bring([{ room: 'envelope', name }]);
    return documents.get('envelope', name);
  }

  isRightArtifact(file: string, bytes: Uint8Array | undefined): boolean {
    return this.#parts.publisher.isRight(file, bytes);
  }

  async mendArtifact(file: string): Promise<void> {
    const { publisher, log } = this.#parts;
    const holder = this.#needed.holderOf(file.replace('sha256/', ''));
    const envelope = holder === undefined ? undefined : await this.#envelopeOf(holder);
    const isMended = await publisher.mend(file, this.#demand(this.#engine.desired), envelope);
    if (!isMended) return;
    log.write('info', 'publishing.mended', { file });
    this.#remind();
  }

  /** Something that devices may be waiting for is otherwise now. */
  #remind(): void {
    for (const event of reminders(this.#image)) this.#engine.tell(event);
  }

  async stop(): Promise<void> {
    await this.#branch.stop();
    await this.#engine.stop();
    this.#view.stop();
  }
}

/** The controller over its rooms, with all that it remembers; nothing happens before `start`. */
export async function createController(parts: ControllerParts): Promise<Controller> {
  const needed = new NeededArtifacts();
  const { image, unreadable } = await loadImage(parts.state, new Turn(parts.clock), {
    onRecord: (device, record) => needed.note(device, record),
    tellsConnections: parts.tellsConnections,
  });
  for (const { row, error } of unreadable) {
    parts.log.write('warn', 'state.row-set-aside', { room: row.room, key: row.key, reason: String(error) });
  }
  if (parts.state.lost !== undefined) parts.log.write('error', 'state.made-anew', { reason: parts.state.lost });
  return new FollowingController(parts, image, needed);
}
