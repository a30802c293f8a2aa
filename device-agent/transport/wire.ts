import type { Clock, CountTravel, Relay, RelayEnd, Relays } from '../../platform/ports.ts';

/** When the broker has said nothing at all for so long after something was said to it, the connection is dead. */
const silenceMsMax = 60_000;
/**
 * What the library may hold of messages that it has not delivered: it gathers each one whole in memory, however long. Shadows
 * hold 8 KB, their largest messages some 40.
 */
const undeliveredBytesMax = 256 * 1024;

/**
 * The bytes between the library and the broker. They are heard here before the library hears them, because it neither bounds what
 * it holds nor says when the broker last spoke.
 */
export class Wire {
  readonly #clock: Clock;
  #relay!: Relay;
  #undeliveredBytes = 0;
  #heardMs: number;
  #borneMs = 0;
  /** When the word was asked for that is awaited. */
  #askedMs: number | undefined;
  /** Why it was cut from here, if it was. */
  #cutReason: string | undefined;
  /** Runs from the first thing said that nothing was heard after. */
  #silence: Disposable | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#heardMs = clock.monotonic();
  }

  /** A wire that is there when the library asks for it. */
  static async open(options: {
    readonly host: string;
    readonly port: number;
    readonly relays: Relays;
    readonly clock: Clock;
    readonly connectMsMax: number;
    readonly countTravel: CountTravel;
  }): Promise<Wire> {
    const { host, port, relays, clock, connectMsMax, countTravel } = options;
    const wire = new Wire(clock);
    wire.#relay = await relays.open({
      ...{ host, port, connectMsMax, countTravel },
      accepts: (bytes) => wire.#accepts(bytes),
    });
    return wire;
  }

  /** The port of the loopback at which the library finds it. */
  get port(): number {
    return this.#relay.port;
  }

  /** The gateway that it goes through, by name. */
  get through(): string | undefined {
    return this.#relay.through;
  }

  /** Whoever answers is the broker. */
  came(): void {
    this.#relay.came();
  }

  /** How it came to its end, if by anything but `close`. */
  get ended(): Promise<RelayEnd> {
    return this.#relay.ended.then((end) =>
      this.#cutReason === undefined ? end : { ...end, kind: 'closed', reason: this.#cutReason },
    );
  }

  /** Something is said that a broker answers at once, be it with a receipt: unless it does, the wire is cut. */
  awaitWord(msMax = silenceMsMax): void {
    this.#askedMs ??= this.#clock.monotonic();
    this.#silence ??= this.#clock.after(msMax, () => {
      this.#cutReason = `the broker has said nothing for ${msMax / 1_000} s`;
      this.close();
    });
  }

  /** When the other side was heard last, by the monotonic clock; at first when it was opened. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** The longest silence after which it was heard. */
  get borneMs(): number {
    return this.#borneMs;
  }

  /** How long it had been silent when it was asked for the word that has not come since; undefined where none is awaited. */
  get unansweredMs(): number | undefined {
    return this.#askedMs === undefined ? undefined : this.#askedMs - this.#heardMs;
  }

  /** The library has delivered what it had gathered. */
  delivered(): void {
    this.#undeliveredBytes = 0;
  }

  close(): void {
    this.#silence?.[Symbol.dispose]();
    this.#relay[Symbol.dispose]();
  }

  #accepts(bytes: number): boolean {
    const nowMs = this.#clock.monotonic();
    this.#borneMs = Math.max(this.#borneMs, nowMs - this.#heardMs);
    this.#heardMs = nowMs;
    this.#askedMs = undefined;
    this.#silence?.[Symbol.dispose]();
    this.#silence = undefined;
    this.#undeliveredBytes += bytes;
    return this.#undeliveredBytes <= undeliveredBytesMax;
  }
}
