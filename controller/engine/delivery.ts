/** Does what is owed when it is due, a bounded number at a time; what comes of each is an event. */
import { inTime } from '../../platform/in-time.ts';
import { BusError, type Clock } from '../../platform/ports.ts';
import { unpackShadow } from '../shadow/packed-shadow.ts';
import { deltaMessages, type ShadowMessage } from '../shadow/protocol.ts';
import { deltaDocuments, shadowForDelta } from './device-shadow.ts';
import { DueQueue } from './due-queue.ts';
import type { EngineEvent } from './events.ts';
import type { Image } from './image.ts';
import { owedTo, waitMs } from './owed.ts';
import { type Owed, owedKey, partsOfOwedKey, type Write } from './records.ts';

/** Messages that wait for the broker at once. */
const inFlightMax = 256;

/** A try that takes longer has failed, so that nobody's silence holds up the others. */
const tryMsMax = 60_000;

/** While the broker is away, it is looked for this often. */
const awayMs = 1_000;

export interface DeliveryParts {
  readonly clock: Clock;
  readonly image: Image;
  readonly publish: (message: ShadowMessage) => Promise<void>;
  readonly mayHear: (device: string) => boolean;
  readonly tell: (event: EngineEvent) => void;
  readonly consider: (device: string) => void;
}

export class Delivery {
  readonly #parts: DeliveryParts;
  /** On the monotonic clock, as a wall clock may be set back. */
  readonly #due = new DueQueue();
  readonly #inFlight = new Set<string>();
  /** How many may be in flight: one after the broker went away, more with each that it took, so that whose message ends its connection is alone at last. */
  #window = inFlightMax;
  /** On the monotonic clock; the broker is away until then at least. */
  #awayUntil = Number.NEGATIVE_INFINITY;
  /** Until something is due, and the broker may be there. */
  #timer: { readonly at: number; readonly awayUntil: number; readonly handle: Disposable } | undefined;
  #isStopped = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#isStopped = true;
    this.#disarm();
  }

  /** Is owed from now on. */
  owe(owed: Owed): void {
    const key = owedKey(owed);
    if (this.#inFlight.has(key)) return;
    this.#schedule(key, owed);
    this.#arm();
  }

  #schedule(key: string, owed: Owed): void {
    const { clock } = this.#parts;
    this.#due.schedule(key, clock.monotonic() + waitMs(owed, clock.now()));
  }

  /** It was written; a row of what is owed, or a mark, may be in it. */
  note(write: Write): void {
    if (write.kind === 'owed' && write.settled) this.#due.cancel(owedKey(write.owed));
    if (write.kind === 'owed') this.#look(write.owed);
    else if (write.kind === 'device' && write.record.untoldSince !== undefined) {
      this.#look({ kind: 'deliver', subject: write.name });
    }
  }

  #look({ kind, subject }: Pick<Owed, 'kind' | 'subject'>): void {
    const owed = owedTo(this.#parts.image, kind, subject);
    if (owed !== undefined) this.owe(owed);
  }

  /** A try has ended; if the work is owed still, its row says when the next is due. */
  ended(owed: Pick<Owed, 'kind' | 'subject'>): void {
    const key = owedKey(owed);
    this.#inFlight.delete(key);
    const left = owedTo(this.#parts.image, owed.kind, owed.subject);
    if (left !== undefined) this.#schedule(key, left);
    this.#arm();
  }

  #disarm(): void {
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const { nextAt } = this.#due;
    const isIdle = nextAt === undefined || this.#isStopped || this.#inFlight.size >= this.#window;
    const awayUntil = this.#awayUntil;
    if (!isIdle && this.#timer?.at === nextAt && this.#timer.awayUntil === awayUntil) return;
    this.#disarm();
    if (isIdle) return;
    const { clock } = this.#parts;
    const delayMs = Math.max(0, Math.max(nextAt, awayUntil) - clock.monotonic());
    this.#timer = { at: nextAt, awayUntil, handle: clock.after(delayMs, () => this.#start()) };
  }

  #start(): void {
    const { clock, image } = this.#parts;
    this.#timer = undefined;
    while (this.#inFlight.size < this.#window) {
      const key = this.#due.take(clock.monotonic());
      if (key === undefined) break;
      const owed = owedTo(image, ...partsOfOwedKey(key));
      if (owed === undefined) continue;
      // By a clock that was set back meanwhile it is not due yet.
      if (waitMs(owed, clock.now()) > 0) this.#schedule(key, owed);
      else this.#try(key, owed);
    }
    this.#arm();
  }

  #try(key: string, owed: Owed): void {
    if (owed.kind === 'issue') return this.#parts.consider(owed.subject);
    this.#inFlight.add(key);
    const { kind, subject } = owed;
    const { clock, tell } = this.#parts;
    const late = () => new BusError('SILENT', `the broker has not taken it for ${tryMsMax / 1000} s`);
    inTime(clock, tryMsMax, late, this.#deliver(subject)).then(
      (sequence) => {
        this.#window = Math.min(this.#window + 1, inFlightMax);
        tell({ kind: 'settled', owed: { kind, subject }, sequence });
      },
      (error: unknown) => {
        const code = error instanceof BusError ? error.code : undefined;
        if (code === 'AWAY' || code === 'CUT') this.#window = 1;
        if (code === 'AWAY') this.#putBack(key);
        else tell({ kind: 'failed', owed: { kind, subject }, error });
      },
    );
  }

  /** It was no try: there is no broker to tell. */
  #putBack(key: string): void {
    const { clock } = this.#parts;
    this.#awayUntil = clock.monotonic() + awayMs;
    this.#inFlight.delete(key);
    this.#due.schedule(key, clock.monotonic());
    this.#arm();
  }

  /** Says what the shadow still wants; returns the sequence that was told. One that is away asks when it comes back. */
  async #deliver(device: string): Promise<number | undefined> {
    const { clock, image, publish, mayHear } = this.#parts;
    if (!mayHear(device)) return image.device(device).issued?.sequence;
    await image.documents.bring(deltaDocuments(image, device));
    const { issued } = image.device(device);
    const shadow = unpackShadow(shadowForDelta(image, device));
    for (const message of deltaMessages(device, shadow, clock.now())) await publish(message);
    return issued?.sequence;
  }
}
