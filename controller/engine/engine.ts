/**
 * The shore's heart, one turn after another:
 *
 *     events ──► decide ──► one write-set, durable ──► the image ──► answers, log, view
 *        ▲                                               │
 *        └──── settled, failed ◄── work that is owed ◄───┘
 *
 * An error is an event. What could not be written did not happen: who asked is told, or asks again.
 */
import type { Clock, Log } from '../../platform/ports.ts';
import type { Deployment } from '../../schemas/generated/types.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { rejectRequest, type ShadowMessage } from '../shadow/protocol.ts';
import type { StatePort } from '../state/state-port.ts';
import { consider } from './consider.ts';
import type { Context, Link } from './context.ts';
import { type Decision, decide } from './decide.ts';
import { Delivery } from './delivery.ts';
import { Draft } from './draft.ts';
import type { AdoptionEvent, EngineEvent } from './events.ts';
import type { Image } from './image.ts';
import { travelsAsBlob } from './issue.ts';
import type { Write } from './records.ts';
import { encodeWrite } from './rows.ts';

/** What a turn takes at most, so that the event loop is free again soon. */
const turnMs = 20;
const eventsPerTurn = 256;
const devicesPerTurn = 256;
/** Writing takes as long as deciding, and is not interrupted: a turn takes no further event from here on. */
const writesPerTurn = 512;

/** Requests of devices that wait; further ones are not taken, and are asked again. */
const requestsMax = 50_000;

/** Pauses after a write that failed. */
const firstPauseMs = 500;
const pauseMsMax = 30_000;

/** Contacts that no other write tells are written down this often. */
const contactsMs = 60_000;
const contactsPerEvent = 64;

export interface EngineParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly state: StatePort;
  readonly image: Image;
  /** Says something to a device; resolves when the broker has it. */
  readonly publish: (message: ShadowMessage) => Promise<void>;
  /** A DSSE envelope by the deployment key. */
  readonly sign: (deployment: Deployment) => string;
  /** The id of that key. */
  readonly keyId: string;
  /** Makes an envelope available that travels by digest; durable when it returns. */
  readonly putBlob: (bytes: Uint8Array) => void;
  /** Whether the broker tells who is connected. */
  readonly tellsConnections: boolean;
  /** Something is otherwise for these devices, or for all that is shown when it is undefined. */
  readonly onChange: (devices: Iterable<string> | undefined) => void;
}

/** Why nothing can be written at present. */
export interface StateTrouble {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

interface Waiting {
  readonly event: EngineEvent;
  readonly resolve?: () => void;
  readonly reject?: (error: unknown) => void;
}

/** An event that was decided upon, and what follows. */
interface Taken extends Waiting {
  readonly decision: Decision;
  /** It stands whether or not anything can be written. */
  readonly writesNothing: boolean;
}

/** Everything that one turn decided. */
interface Turn {
  readonly draft: Draft;
  readonly taken: Taken[];
  /** Of devices that were thought over. */
  readonly decisions: Decision[];
  readonly considered: string[];
}

const noFleet: DesiredFleet = { applications: new Map(), fleets: new Map(), sites: new Map(), devices: new Map() };

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #delivery: Delivery;
  readonly #links: Map<string, Link> | undefined;
  /** Devices heard lately whose contact is not written down. */
  readonly #heard = new Map<string, number>();
  readonly #toConsider = new Set<string>();
  #queue: Waiting[] = [];
  #requests = 0;
  #desired = noFleet;
  #revision: string | undefined;
  #trouble: StateTrouble | undefined;
  #pauseMs = 0;
  #looping: Promise<void> | undefined;
  readonly #stopping = new AbortController();
  #flush: Disposable | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#links = parts.tellsConnections ? new Map() : undefined;
    const { clock, image, publish } = parts;
    this.#delivery = new Delivery({
      ...{ clock, image, publish },
      mayHear: (device) => this.#links === undefined || this.#links.get(device)?.connected === true,
      tell: (event) => this.tell(event),
      consider: (device) => this.consider([device]),
    });
    for (const owed of image.work.values()) this.#delivery.owe(owed);
    this.#scheduleFlush();
  }

  get desired(): DesiredFleet {
    return this.#desired;
  }

  get trouble(): StateTrouble | undefined {
    return this.#trouble;
  }

  get context(): Context {
    const { clock, keyId } = this.#parts;
    return {
      keyId,
      desired: this.#desired,
      revision: this.#revision,
      links: this.#links,
      heard: this.#heard,
      now: clock.now(),
    };
  }

  /** Something happened; it is decided upon soon. */
  tell(event: EngineEvent): void {
    if (event.kind === 'shadow-request') {
      if (this.#requests >= requestsMax) return;
      this.#requests += 1;
    }
    this.#note(event);
    this.#queue.push({ event });
    this.#wake();
  }

  /** As `tell`; resolves when what follows is durable, and rejects when it can't be written. */
  ask(event: EngineEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ event, resolve, reject });
      this.#wake();
    });
  }

  /** Thinks over what these devices should get. */
  consider(devices: Iterable<string>): void {
    for (const device of devices) this.#toConsider.add(device);
    this.#wake();
  }

  /** Takes up a revision that was in force before; nothing of it needs to be written. */
  resume(revision: string, desired: DesiredFleet): void {
    this.#follow(revision, desired, undefined);
    this.consider(desired.devices.keys());
    this.consider(this.#parts.image.devices.keys());
  }

  /** A revision comes into force; durable when it resolves. */
  async adopt(event: AdoptionEvent): Promise<void> {
    const isFirst = this.#revision === undefined;
    await this.ask(event);
    this.#follow(event.revision.id, event.desired, event.affected);
    this.consider(event.affected);
    if (isFirst) this.consider(this.#parts.image.devices.keys());
  }

  #follow(revision: string, desired: DesiredFleet, affected: Iterable<string> | undefined): void {
    this.#revision = revision;
    this.#desired = desired;
    this.#parts.onChange(affected);
    if (affected !== undefined) this.#parts.onChange([]);
  }

  /** Nothing more is decided; what was decided is durable. */
  async stop(): Promise<void> {
    this.#flush?.[Symbol.dispose]();
    this.#flushContacts();
    this.#delivery.stop();
    this.#stopping.abort();
    await this.#looping;
    do await this.#turn();
    while (this.#queue.length > 0);
  }

  /** What is a fact of this life is known at once. */
  #note(event: EngineEvent): void {
    const { clock } = this.#parts;
    if (event.kind === 'contact') {
      const { device, connected } = event;
      this.#links?.set(device, { connected, since: clock.now() });
      this.#heard.set(device, clock.now());
      this.#parts.onChange([device]);
    }
    if (event.kind === 'shadow-request' && event.operation === 'get') {
      if (!this.#desired.devices.has(event.device)) return;
      this.#heard.set(event.device, clock.now());
      this.#parts.onChange([event.device]);
    }
  }

  #scheduleFlush(): void {
    this.#flush = this.#parts.clock.after(contactsMs, () => {
      this.#flushContacts();
      this.#scheduleFlush();
    });
  }

  #flushContacts(): void {
    const heard = [...this.#heard].filter(([device]) => this.#desired.devices.has(device));
    for (let at = 0; at < heard.length; at += contactsPerEvent) {
      this.tell({ kind: 'contacts', heardAt: new Map(heard.slice(at, at + contactsPerEvent)) });
    }
  }

  get #hasWork(): boolean {
    return this.#queue.length > 0 || this.#toConsider.size > 0;
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
      await clock.sleep(this.#pauseMs, signal).catch(() => {});
    }
  }

  async #turn(): Promise<void> {
    const turn: Turn = { draft: new Draft(this.#parts.image), taken: [], decisions: [], considered: [] };
    this.#takeEvents(turn);
    this.#takeDevices(turn);
    const { writes } = turn.draft;
    try {
      if (writes.length > 0) await this.#parts.state.commit(writes.map(encodeWrite));
    } catch (error) {
      return this.#lose(turn, error);
    }
    if (writes.length > 0) this.#recovered();
    this.#keep(turn, writes);
  }

  #takeEvents({ draft, taken }: Turn): void {
    const { clock } = this.#parts;
    const end = clock.monotonic() + turnMs;
    let next = 0;
    const isFull = () => draft.size >= writesPerTurn || clock.monotonic() >= end;
    while (next < this.#queue.length && next < eventsPerTurn && !isFull()) {
      const waiting = this.#queue[next]!;
      next += 1;
      if (waiting.event.kind === 'shadow-request') this.#requests -= 1;
      const decided = this.#decide(draft, waiting);
      if (decided !== undefined) taken.push(decided);
    }
    this.#queue.splice(0, next);
  }

  /** One event's error is its own: nothing of it is kept, all others are. */
  #decide(draft: Draft, waiting: Waiting): Taken | undefined {
    const { event, reject } = waiting;
    const own = new Draft(draft);
    try {
      const decision = decide(own, this.context, event);
      draft.absorb(own);
      return { ...waiting, decision, writesNothing: own.size === 0 };
    } catch (error) {
      const device = 'device' in event ? { device: event.device } : {};
      this.#parts.log.write('error', 'engine.event-failed', { kind: event.kind, ...device, error });
      reject?.(error);
      return undefined;
    }
  }

  #takeDevices({ draft, decisions, considered }: Turn): void {
    const { clock } = this.#parts;
    const end = clock.monotonic() + turnMs;
    for (const device of this.#toConsider) {
      if (considered.length >= devicesPerTurn || clock.monotonic() >= end) break;
      this.#toConsider.delete(device);
      considered.push(device);
      decisions.push(...this.#issue(draft, device));
    }
  }

  /** Plans, signs, and decides upon what came of it. */
  #issue(draft: Draft, device: string): Decision[] {
    const own = new Draft(draft);
    const decisions: Decision[] = [];
    try {
      const issue = consider(own, this.context, device);
      if (issue !== undefined) {
        const envelope = this.#parts.sign(issue.deployment);
        if (travelsAsBlob(envelope)) this.#parts.putBlob(new TextEncoder().encode(envelope));
        decisions.push(decide(own, this.context, { kind: 'signed', device, issued: issue.issued, envelope }));
      }
      draft.absorb(own);
    } catch (error) {
      decisions.push(decide(draft, this.context, { kind: 'failed', owed: { kind: 'issue', subject: device }, error }));
    }
    return decisions;
  }

  #keep({ taken, decisions }: Turn, writes: readonly Write[]): void {
    const { image, log, onChange } = this.#parts;
    const changed = new Set<string>();
    for (const write of writes) {
      image.apply(write);
      if (write.kind === 'device' || write.kind === 'history') changed.add(write.name);
      if (write.kind === 'owed') changed.add(write.owed.subject);
    }
    for (const { event } of taken) if (event.kind === 'contacts') this.#forgetContacts(event.heardAt);
    if (writes.some(({ kind }) => kind === 'source' || kind === 'refusal')) onChange([]);
    if (changed.size > 0) onChange(changed);
    for (const write of writes) if (write.kind === 'owed') this.#delivery.note(write);
    for (const { event, resolve } of taken) {
      if (event.kind === 'settled' || event.kind === 'failed') this.#delivery.ended(event.owed);
      resolve?.();
    }
    for (const { answers, tales, reconsider } of [...taken.map(({ decision }) => decision), ...decisions]) {
      this.#say(answers);
      for (const { level, event, fields } of tales) log.write(level, event, fields);
      this.consider(reconsider);
    }
  }

  /** They are written down; what was heard since stays. */
  #forgetContacts(heardAt: ReadonlyMap<string, number>): void {
    for (const [device, at] of heardAt) if (this.#heard.get(device) === at) this.#heard.delete(device);
  }

  /** Nothing of the turn happened. */
  #lose({ taken, considered }: Turn, error: unknown): void {
    const { clock, log } = this.#parts;
    const message = error instanceof Error ? error.message : String(error);
    if (this.#trouble === undefined) log.write('error', 'state.not-written', { code: codeOf(error), reason: message });
    this.#trouble = { code: codeOf(error), message, since: this.#trouble?.since ?? clock.now() };
    this.#pauseMs = Math.min(Math.max(firstPauseMs, 2 * this.#pauseMs), pauseMsMax);
    this.#parts.onChange([]);
    for (const device of considered) this.#toConsider.add(device);
    for (const { event, reject, writesNothing, decision } of taken) {
      reject?.(error);
      if (event.kind === 'settled' || event.kind === 'failed') this.#delivery.ended(event.owed);
      if (event.kind !== 'shadow-request') continue;
      if (writesNothing) this.#say(decision.answers);
      else this.#decline(event);
    }
  }

  /** The device asks again later. */
  #decline({ device, operation, payload: _ }: Extract<EngineEvent, { kind: 'shadow-request' }>): void {
    const rejection = { code: 500, message: 'Internal service failure' } as const;
    this.#say(rejectRequest(device, operation, rejection, this.#parts.clock.now()).messages);
  }

  #recovered(): void {
    this.#pauseMs = 0;
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#parts.log.write('info', 'state.written-again');
    this.#parts.onChange([]);
  }

  /** In order. A failure is no matter: the state is kept, and the device learns it when it asks next. */
  #say(messages: readonly ShadowMessage[]): void {
    for (const message of messages) {
      this.#parts
        .publish(message)
        .catch((error: unknown) => this.#parts.log.write('debug', 'shadow.unsent', { error: String(error) }));
    }
  }
}
