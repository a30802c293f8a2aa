import type { NewsAnswer } from '../../schemas/news.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import type { Asked } from '../planning/rollout/act.ts';
import { Answers } from './answers.ts';
import { BranchSight } from './branch-sight.ts';
import { Contacts } from './contacts.ts';
import { type Context, mayHear } from './context.ts';
import { type Decision, decide } from './decide.ts';
import { Delivery } from './delivery.ts';
import { countDevice, DeviceTurns } from './device-turns.ts';
import type { Draft } from './draft.ts';
import type { EngineParts } from './engine-parts.ts';
import { Envelopes } from './envelopes.ts';
import { EventQueue } from './event-queue.ts';
import type { EngineEvent, NewsEvent, ReceiptEvent, RequestEvent, WithdrawalEvent } from './events.ts';
import { FleetRollouts } from './fleet-rollouts.ts';
import { type AdoptedRevision, InForce } from './in-force.ts';
import type { ActRefusal } from './move-rollout.ts';
import { NameQueue } from './name-queue.ts';
import { Outage, type StateTrouble } from './outage.ts';
import { allOwed } from './owed.ts';
import { rolloutsIn, shownIn, type Write } from './records.ts';
import type { RequestRefusal } from './requests.ts';
import type { ReceiptRefusal } from './take-receipt.ts';
import {
  beginTurn,
  eventsPerTurn,
  rowsOf,
  type Taken,
  type Turn,
  turnMs,
  undecided,
  type Waiting,
  writesPerTurn,
} from './turn.ts';
import { wantedDocuments } from './wanted-documents.ts';

export class Engine {
  readonly #parts: EngineParts;
  readonly #delivery: Delivery;
  readonly #contacts: Contacts;
  readonly #answers: Answers;
  readonly #devices: DeviceTurns;
  readonly #rollouts: FleetRollouts;
  readonly #toConsider = new NameQueue();
  readonly #sight: BranchSight;
  readonly #queue = new EventQueue();
  readonly #inForce: InForce;
  readonly #reading: Outage;
  readonly #writing: Outage;
  #looping: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#answers = new Answers(parts);
    this.#reading = new Outage(parts, { failed: 'state.not-read', over: 'state.read-again' });
    this.#writing = new Outage(parts, { failed: 'state.not-written', over: 'state.written-again' });
    const { clock, image, publish, sign, putBlob, tellsConnections, deltasTo } = parts;
    this.#sight = new BranchSight(image, this.#toConsider);
    const tell = (event: EngineEvent): void => this.tell(event);
    this.#rollouts = new FleetRollouts({
      ...{ clock, image, tell, deltasTo },
      consider: (devices) => this.consider(devices),
      considerList: (...list) => {
        this.#toConsider.addList(...list);
        this.#wake();
      },
    });
    this.#inForce = new InForce({
      ...{ image, tell, rollouts: this.#rollouts, toConsider: this.#toConsider, onChange: parts.onChange },
      ask: (event) => this.ask(event),
      wake: () => this.#wake(),
    });
    this.#contacts = new Contacts({
      ...{ clock, tellsConnections, tell },
      isNamed: (device) => this.desired.devices.has(device),
    });
    this.#delivery = new Delivery({
      ...{ clock, image, publish, tell },
      mayHear: (device) => mayHear(this.#contacts, device),
      consider: (device) => this.consider([device]),
    });
    const envelopes = new Envelopes({
      ...{ clock, sign, putBlob, tell },
      consider: (device) => this.consider([device]),
    });
    this.#devices = new DeviceTurns({
      ...{ clock, envelopes, tell, toConsider: this.#toConsider, rollouts: this.#rollouts },
      consider: (devices) => this.consider(devices),
    });
    image.documents.onUnreadable = (found) => {
      // What there is to set aside is counted when it lies there.
      if (found.row === undefined) image.rowsSetAside += 1;
      tell({ kind: 'unreadable', device: found.document.name, found });
    };
    for (const owed of allOwed(image)) this.#delivery.owe(owed);
    if (this.#hasWork) this.#wake();
  }

  /** Deltas were made, or other ones are to be. */
  lookAtDeltas(): void {
    this.#rollouts.lookAtDeltas();
  }

  get desired(): DesiredFleet {
    return this.#inForce.desired;
  }

  get trouble(): StateTrouble | undefined {
    return this.#writing.trouble ?? this.#reading.trouble;
  }

  /** What waits to be decided upon: events, and devices one by one. */
  get waiting(): { readonly events: number; readonly devices: number } {
    return { events: this.#queue.size, devices: this.#toConsider.size };
  }

  get context(): Context {
    const { clock, keyId } = this.#parts;
    return {
      ...{ keyId, desired: this.desired, revision: this.#inForce.revision, isBranchSeen: this.#sight.isSeen },
      ...{ rollouts: this.#rollouts, links: this.#contacts.links, heard: this.#contacts.heard, now: clock.now() },
    };
  }

  /** Something happened; it is decided upon soon. */
  tell(event: EngineEvent): void {
    if (!this.#queue.hasRoomFor(event)) return;
    if (this.#contacts.note(event) && 'device' in event) {
      countDevice(this.#rollouts, this.#parts.image, this.context, event.device);
      this.#parts.onChange([event.device]);
    }
    this.#queue.add({ event });
    this.#wake();
  }

  /** As `tell`; resolves when what follows is durable, and rejects when it can't be written. */
  async ask(event: EngineEvent): Promise<void> {
    await this.#decided(event);
  }

  #decided(event: EngineEvent): Promise<Decision> {
    return new Promise((resolve, reject) => {
      this.#queue.add({ event, resolve, reject });
      this.#wake();
    });
  }

  /** Does something to the rollout of a fleet; durable when it resolves, unless it is told why it can't be done. */
  async act(fleet: string, asked: Asked): Promise<ActRefusal | undefined> {
    return (await this.#decided({ kind: 'rollout-act', fleet, asked })).refusal;
  }

  /** Takes what a device said of itself and somebody brought; durable when it resolves, unless it is told why it counts for nothing. */
  async takeReceipt(receipt: Omit<ReceiptEvent, 'kind'>): Promise<ReceiptRefusal | undefined> {
    return (await this.#decided({ kind: 'receipt', ...receipt })).unbelieved;
  }

  /** Asks something of a device, or takes that back; durable when it resolves, unless it is told why not. */
  async askDevice(event: RequestEvent | WithdrawalEvent): Promise<RequestRefusal | undefined> {
    return (await this.#decided(event)).unasked;
  }

  /** As `ask`: what is news to a device; undefined where too many ask at once. */
  async news(event: NewsEvent): Promise<NewsAnswer | undefined> {
    return this.#queue.hasRoomFor(event) ? (await this.#decided(event)).news : undefined;
  }

  /** Thinks over what these devices should get. */
  consider(devices: Iterable<string>): void {
    for (const device of devices) this.#toConsider.add(device);
    this.#wake();
  }

  /** Takes up a revision that was in force before, nothing of which needs to be written. */
  resume(...taken: Parameters<InForce['resume']>): void {
    this.#inForce.resume(...taken);
  }

  /** The same; a large fleet is looked through in turns. */
  async resumeInTurns(revision: string, desired: DesiredFleet): Promise<void> {
    this.resume(revision, desired, await this.#rollouts.followedInTurns(desired));
  }

  /** A revision comes into force; durable when it resolves. */
  adopt(adopted: AdoptedRevision): Promise<void> {
    return this.#inForce.adopt(adopted);
  }

  /** Nothing more is decided; what was decided is durable. */
  async stop(): Promise<void> {
    this.#contacts.stop();
    this.#delivery.stop();
    this.#devices.stop();
    this.#rollouts.stop();
    this.#stopping.abort();
    await this.#looping;
    do await this.#turn();
    while (!this.#queue.isEmpty);
  }

  get #hasWork(): boolean {
    return !this.#queue.isEmpty || !this.#toConsider.isEmpty || !this.#parts.image.unwritten.isEmpty;
  }

  #wake(): void {
    if (this.#stopping.signal.aborted || this.#looping !== undefined) return;
    this.#looping = this.#loop().finally(() => {
      this.#looping = undefined;
      if (this.#hasWork) this.#wake();
    });
  }

  async #loop(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stopping;
    // What arrives in the same moment is decided upon together.
    await clock.sleep(0, signal).catch(() => {});
    while (this.#hasWork && !signal.aborted) {
      await this.#turn();
      await clock.sleep(Math.max(this.#writing.pauseMs, this.#reading.pauseMs), signal).catch(() => {});
    }
  }

  async #turn(): Promise<void> {
    const { image } = this.#parts;
    const turn = beginTurn(image);
    const waiting = this.#queue.first(eventsPerTurn);
    try {
      await image.documents.bring(waiting.flatMap(({ event }) => wantedDocuments(image, event)));
    } catch (error) {
      this.#queue.drop(waiting.length);
      this.#reading.begin(error);
      return this.#lose({ ...turn, taken: waiting.map(undecided) }, error);
    }
    if (waiting.length > 0) this.#reading.end();
    const { context } = this;
    const end = this.#parts.clock.monotonic() + turnMs;
    this.#takeEvents(turn, waiting, context, this.#toConsider.isEmpty ? end : end - turnMs / 2);
    this.#devices.take(turn, context, end);
    const { writes } = turn.draft;
    const rows = rowsOf(turn, writes, image.unwritten);
    try {
      if (rows.length > 0) await this.#parts.state.commit(rows);
    } catch (error) {
      this.#writing.begin(error);
      return this.#lose(turn, error);
    }
    if (rows.length > 0) this.#writing.end();
    image.unwritten.written(rows);
    this.#keep(turn, writes);
  }

  #takeEvents({ draft, taken }: Turn, waiting: readonly Waiting[], context: Context, end: number): void {
    const { clock } = this.#parts;
    let next = 0;
    const isFull = () => draft.size >= writesPerTurn || clock.monotonic() >= end;
    while (next < waiting.length && !isFull()) {
      const decided = this.#decide(draft, waiting[next]!, context);
      next += 1;
      if (decided !== undefined) taken.push(decided);
    }
    this.#queue.drop(next);
  }

  /** One event's error is its own: nothing of it is kept, all others are. */
  #decide(draft: Draft, waiting: Waiting, context: Context): Taken | undefined {
    const { event, reject } = waiting;
    if (event.kind === 'rollout-step') this.#rollouts.looksAt(event.fleet);
    try {
      return draft.attempt(() => {
        const decision = decide(draft, context, event);
        return { ...waiting, decision, writesNothing: draft.isUntouched };
      });
    } catch (error) {
      const device = 'device' in event ? { device: event.device } : {};
      this.#parts.log.write('error', 'engine.event-failed', { kind: event.kind, ...device, error });
      reject?.(error);
      return undefined;
    }
  }

  #keep({ taken, decisions }: Turn, writes: readonly Write[]): void {
    const { image, log, onChange } = this.#parts;
    const moved = rolloutsIn(writes, image);
    for (const write of writes) image.apply(write);
    for (const [fleet, before] of moved) this.#rollouts.moved(fleet, before);
    const { context } = this;
    for (const write of writes) if (write.kind === 'device') countDevice(this.#rollouts, image, context, write.name);
    const changed = shownIn(writes);
    for (const { event } of taken) if (event.kind === 'contacts') this.#contacts.written(event.heardAt);
    if (writes.some(({ kind }) => kind === 'source' || kind === 'refusal' || kind === 'rollout')) onChange([]);
    if (changed.size > 0) onChange(changed);
    for (const write of writes) this.#delivery.note(write);
    for (const { event, resolve, decision } of taken) {
      if (event.kind === 'settled' || event.kind === 'failed') this.#delivery.ended(event.owed);
      this.#sight.note(event);
      if (event.kind === 'rollout-step') this.#rollouts.lookedAt(event.fleet);
      resolve?.(decision);
    }
    for (const { answers, tales, reconsider } of [...taken.map(({ decision }) => decision), ...decisions]) {
      this.#answers.say(answers);
      for (const { level, event, fields } of tales) log.write(level, event, fields);
      this.consider(reconsider);
    }
  }

  /** Nothing of the turn happened. */
  #lose({ taken, considered }: Turn, error: unknown): void {
    for (const device of considered) this.#toConsider.add(device);
    for (const { event, reject, writesNothing, decision } of taken) {
      reject?.(error);
      if (event.kind === 'settled' || event.kind === 'failed') this.#delivery.ended(event.owed);
      if (event.kind === 'rollout-step') this.#rollouts.lookAgain(event.fleet);
      // Nobody comes upon it again while it counts as not there.
      if (event.kind === 'unreadable' && !this.#stopping.signal.aborted) this.#queue.add({ event });
      if (event.kind !== 'shadow-request') continue;
      if (writesNothing) this.#answers.say(decision.answers);
      else this.#answers.decline(event);
    }
  }
}
