/**
 * The controller without its doors: the branch is followed, the engine decides, the view tells.
 *
 *     source ─► following ─► engine ─► view
 *                 │ publishing  ▲ │
 *                 ▼             │ ▼
 *              artifacts      doors ◄─► devices
 */
import { Turn } from '../platform/turn.ts';
import type { Refusal, StatusDocument } from '../schemas/generated/types.ts';
import { proveReceipt } from '../schemas/receipt.ts';
import { type AccessRecords, accessRecords } from './access-records.ts';
import { type AuthorizeDevice, authorizeByFleet } from './authority/authorization.ts';
import type { AskedOf, Controller, ControllerParts } from './controller-parts.ts';
import type { TakeNews } from './doors/http/news-route.ts';
import { Refusals } from './doors/refusals.ts';
import { Engine } from './engine/engine.ts';
import type { BundledEvent, ContactEvent, ShadowRequestEvent } from './engine/events.ts';
import type { Image } from './engine/image.ts';
import { loadImage } from './engine/load-image.ts';
import type { ActRefusal } from './engine/move-rollout.ts';
import { offersTo } from './engine/offers.ts';
import { reminders } from './engine/reminders.ts';
import { type End, expiryStatuses } from './expiry/end.ts';
import { BranchFollower } from './following/branch-follower.ts';
import type { Acceptance } from './following/held-tip.ts';
import type { DesiredFleet } from './manifests/desired.ts';
import { Intake, type IntakeParts } from './messages/intake.ts';
import { isOfAnswers, isOfLogbook, LogbookIntake } from './messages/logbook-intake.ts';
import { takeCarried } from './messages/take-carried.ts';
import { type Readings, takeReadings } from './metrics/readings.ts';
import type { Asked } from './planning/rollout/act.ts';
import type { ReleaseDemand } from './publishing/release-demand.ts';
import type { JsonObject } from './shadow/document.ts';
import { NeededArtifacts, wantedReleases } from './view/needed-artifacts.ts';
import { type StatusQuery, selectDevices } from './view/selection.ts';
import { type StatusInputs, statusDocument } from './view/status.ts';
import { storageStatus } from './view/storage-status.ts';
import { View } from './view/view.ts';

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
  readonly access: AccessRecords;
  readonly #markOf: IntakeParts['markOf'] = (device, channel) => this.#image.marks(device)[channel];

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
      deltasTo: (releases, bases) => parts.deltas.deltasTo(releases, bases),
      onChange: (devices) => this.#view.touch(devices),
    });
    this.access = accessRecords({ clock, image, state, engine: this.#engine });
    parts.deltas.onDeltas = () => this.#engine.lookAtDeltas();
    this.#intake = new Intake({
      ...{ clock, outlets: parts.outlets ?? [] },
      markOf: this.#markOf,
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

  readonly onBatch: Controller['onBatch'] = (device, batch, carried) =>
    (isOfLogbook(batch) || isOfAnswers(batch) ? this.#logbooks : this.#intake).take(device, batch, carried);

  readonly onContact = (contact: Omit<ContactEvent, 'kind'>): void =>
    this.#engine.tell({ kind: 'contact', ...contact });

  readonly onCertificate = (device: string, endsAt: number): void =>
    this.#engine.tell({ kind: 'certificate', device, endsAt });

  ends(): readonly End[] {
    const { ends, clock } = this.#parts;
    const ofDevices = this.#view.certificates.end(clock.now());
    return [...(ends?.() ?? []), ...(ofDevices === undefined ? [] : [ofDevices]), ...this.access.tokens.ends()];
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

  async inView<T>(look: (inputs: StatusInputs) => T | Promise<T>): Promise<T> {
    await this.#view.settled();
    const { brokerStatus, outlets = [], ends, clock } = this.#parts;
    const storage = storageStatus(this.#engine.trouble, this.#image, this.#parts.state.lost, this.#startedAt);
    return look({
      ...{ view: this.#view, image: this.#image, turn: new Turn(clock) },
      context: this.#engine.context,
      source: this.#branch.status,
      refusals: this.#refusals.newestFirst(),
      ...(brokerStatus && { broker: brokerStatus() }),
      ...(ends && { expiry: expiryStatuses(this.ends(), clock.now()) }),
      ...(storage && { storage }),
      outlets: outlets.map((outlet) => outlet.status()),
    });
  }

  status(query: StatusQuery = {}): Promise<StatusDocument> {
    return this.inView((inputs) => statusDocument(inputs, query));
  }

  health(): ReturnType<Controller['health']> {
    return { source: this.#branch.status, trouble: this.#engine.trouble };
  }

  readings(): Readings {
    return takeReadings({
      ...{ view: this.#view, image: this.#image, context: this.#engine.context, waiting: this.#engine.waiting },
      ...{ source: this.#branch.status, refusals: this.#refusals.counts, ends: this.ends() },
      trouble: this.#engine.trouble,
      outlets: (this.#parts.outlets ?? []).map((outlet) => outlet.status()),
    });
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

  askDevice: Controller['askDevice'] = (event) => this.#engine.askDevice(event);

  async requestOf(device: string): Promise<AskedOf> {
    const { documents } = this.#image;
    await documents.bring([{ room: 'answer', name: device }]);
    const { request } = this.#image.device(device);
    const answer = documents.get('answer', device);
    return { ...(request && { request }), ...(answer && { answer }) };
  }

  placeOf: Controller['placeOf'] = (device) => this.#engine.desired.devices.get(device);

  takeMessages: Controller['takeMessages'] = (order) =>
    takeCarried(order, {
      ...{ now: () => this.#parts.clock.now(), authorize: this.authorize, take: this.onBatch },
      markOf: this.#markOf,
    });

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
