import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Log, ProcessRoom, Random, Relays } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { stranger } from './acquaintance.ts';
import type { DeviceIdentity } from './broker-connection.ts';
import { type LinkTrouble, withClock } from './link-trouble.ts';
import { lackOfRoom } from './native-room.ts';
import {
  afterEnd,
  connectMsMax,
  type Failures,
  noFailures,
  reconnectDelayMs,
  type SessionEnd,
} from './reconnect-delay.ts';
import { SessionError } from './session-error.ts';
import type { ShadowLink, ShadowLinkHandlers } from './shadow-link.ts';
import type { ShadowSession } from './shadow-session.ts';
import { Signs } from './signs.ts';

/** What the link is made of. */
export interface AwsShadowLinkOptions {
  readonly device: string;
  readonly host: string;
  readonly port: number;
  readonly keepAliveSeconds: number;
  /** How long an answer may take; a minute unless given. */
  readonly answerSecondsMax?: number;
  /** Asked for at each connect, so that a renewed certificate counts from then on; undefined while there is none. */
  readonly identity: () => DeviceIdentity | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly relays: Relays;
  /** The interface that leads out; nobody knows which unless given. */
  readonly wayOut?: () => string | undefined;
  /** Asked before each connect. */
  readonly room: () => ProcessRoom;
  /** The least pause before the next try, asked after each; none unless given. */
  readonly restMs?: () => number;
  /** Asked once, before anything is loaded for it; it connects when that resolves. */
  readonly due?: () => Promise<void>;
}

/** A connection that lived this long was a good one: the next failure is a first one. */
const steadyMs = 60_000;

/** How long a wait that was cut short protects the next one: a link that flaps must not make a device knock without end. */
const betweenWakesMs: Readonly<Record<SessionEnd, number>> = {
  ...{ unreachable: 5_000, refused: 60_000, short: 60_000, steady: 5_000 },
};

/** How a session ended, and why. */
interface Ending {
  readonly end: SessionEnd;
  readonly trouble: LinkTrouble;
}

/** That this device has to be mended before it can try. */
function unready(message: string): Ending {
  return { end: 'refused', trouble: { kind: 'unready', message } };
}

/** How a session ended that was there. */
function lost(end: SessionEnd, message: string): Ending {
  return { end, trouble: { kind: 'lost', message } };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a try ended that came to no session. */
function failureOf(error: unknown): Ending {
  return error instanceof SessionError ? { end: error.code, trouble: error.trouble } : unready(textOf(error));
}

/** How a session ended in which something failed. */
function lostBy(error: unknown): Ending {
  return lost('refused', textOf(error));
}

/** The ending, told with what the clock here has to do with it. */
function byClock({ end, trouble }: Ending, { certificate }: DeviceIdentity, nowMs: number): Ending {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const own = { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
  return { end, trouble: withClock(trouble, own, nowMs) };
}

/** Undefined when it went well, else how it ended. */
function outcome(work: Promise<void>, endingOf: (error: unknown) => Ending): Promise<Ending | undefined> {
  return work.then(() => undefined, endingOf);
}

/** Passes on what is not the same again: every report makes the shadow service repeat what still differs. */
function newcomers(handlers: ShadowLinkHandlers): (desired: unknown) => void {
  let last: unknown;
  return (desired) => {
    if (isDeepStrictEqual(desired, last)) return;
    last = desired;
    handlers.onDesired(desired);
  };
}

/** The link by aws-iot-device-sdk-v2: MQTT 3.1.1 with client certificates. */
export class AwsShadowLink implements ShadowLink {
  readonly #options: AwsShadowLinkOptions;
  readonly #stopped = new AbortController();
  readonly #acquaintance = stranger();
  readonly #signs: Signs;
  #session: ShadowSession | undefined;
  #loop: Promise<void> | undefined;
  /** What was logged last about being offline: the same reason is not logged again. */
  #loggedReason: string | undefined;
  /** Ends the pause before the next try. */
  #early = new AbortController();
  #lastEnd: SessionEnd = 'unreachable';
  #wokenMs = Number.NEGATIVE_INFINITY;

  constructor(options: AwsShadowLinkOptions) {
    this.#options = options;
    const { clock, log, keepAliveSeconds, wayOut = () => undefined } = options;
    this.#signs = new Signs({ clock, log, keepAliveMs: keepAliveSeconds * 1000, wayOut });
  }

  start(handlers: ShadowLinkHandlers): void {
    if (handlers.desired !== undefined) this.#acquaintance.desired = handlers.desired;
    this.#loop ??= this.#run(handlers);
  }

  get isFollowed(): boolean {
    return this.#acquaintance.isFollowed;
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    return (await this.#session?.report(report)) ?? 'offline';
  }

  async sendBatchPart(part: Uint8Array): Promise<boolean> {
    return (await this.#session?.sendBatchPart(part)) ?? false;
  }

  async orderParcel(order: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#session?.orderParcel(order);
  }

  lookAgain(): void {
    if (this.#session !== undefined) return void this.#session.probe();
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#wokenMs < betweenWakesMs[this.#lastEnd]) return;
    this.#wokenMs = nowMs;
    this.#early.abort();
  }

  wake(): number {
    this.lookAgain();
    return 0;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(handlers: ShadowLinkHandlers): Promise<void> {
    const { clock, random, due, restMs = () => 0 } = this.#options;
    const stopped = new Promise((resolve) => this.#stopped.signal.addEventListener('abort', resolve));
    await Promise.race([due?.(), stopped]);
    let failures = noFailures;
    while (!this.#stopped.signal.aborted) {
      // What is seen during a try counts for the pause after it.
      this.#early = new AbortController();
      const { end, trouble } = await this.#serve(handlers, failures).catch(failureOf);
      if (this.#stopped.signal.aborted) return;
      this.#lastEnd = end;
      failures = afterEnd(failures, end);
      const delayMs = Math.max(restMs(), reconnectDelayMs(end, failures[end], random.fraction()));
      this.#tellOffline(trouble, delayMs);
      handlers.onTrouble(trouble);
      await clock.sleep(delayMs, AbortSignal.any([this.#stopped.signal, this.#early.signal])).catch(() => {});
      // A name or an address may come a moment after the link: the next pauses are short ones again.
      if (this.#early.signal.aborted) failures = { ...failures, unreachable: 0 };
    }
  }

  /** One session from its start to its end. Rejects when what it needs can't be read or is no certificate. */
  async #serve(handlers: ShadowLinkHandlers, { unreachable }: Failures): Promise<Ending> {
    const { device, host, port, keepAliveSeconds, answerSecondsMax = 60, clock, relays } = this.#options;
    const identity = this.#options.identity();
    if (identity === undefined) return unready('this device has no certificate yet');
    const lack = lackOfRoom(this.#options.room());
    if (lack !== undefined) return unready(lack);
    // The native library takes as long to load as all the rest of the agent.
    const { ShadowSession } = await import('./shadow-session.ts');
    const ended = Promise.withResolvers<Ending>();
    const stop = (): void => ended.resolve(lost('short', 'stopped'));
    this.#stopped.signal.addEventListener('abort', stop);
    const patience = { answerSecondsMax, connectMsMax: connectMsMax(unreachable) };
    const acquaintance = this.#acquaintance;
    const { countTravel } = handlers;
    const options = { device, host, port, keepAliveSeconds, identity, ...patience, clock, relays, acquaintance };
    const onEnd = (end: SessionEnd, reason: string): void => ended.resolve(lost(end, reason));
    const onBatchAnswer = (payload: Uint8Array): void => handlers.onBatchAnswer(payload);
    let session: ShadowSession | undefined;
    let connectedAtMs: number | undefined;
    try {
      session = new ShadowSession({ ...options, countTravel, onDesired: newcomers(handlers), onEnd, onBatchAnswer });
      const failure = await Promise.race([outcome(session.open(), failureOf), ended.promise]);
      if (failure !== undefined) {
        const end = failure.end === 'short' ? 'refused' : failure.end;
        return byClock({ ...failure, end }, identity, clock.now());
      }
      connectedAtMs = clock.monotonic();
      this.#connected(session, handlers);
      using _signs = this.#signs.watch(session);
      const ending = await Promise.race([outcome(session.fetchDesired(), lostBy), ended.promise]);
      if (ending !== undefined) return ending;
      const later = await ended.promise;
      return clock.monotonic() - connectedAtMs >= steadyMs ? { ...later, end: 'steady' } : later;
    } finally {
      this.#stopped.signal.removeEventListener('abort', stop);
      this.#session = undefined;
      if (connectedAtMs !== undefined) handlers.onConnection(false);
      await session?.close().catch(() => {});
    }
  }

  #connected(session: ShadowSession, handlers: ShadowLinkHandlers): void {
    this.#session = session;
    this.#loggedReason = undefined;
    const { log, host, port } = this.#options;
    log.write('info', 'link.connected', { host, port, through: session.through });
    handlers.onConnection(true, session.through);
  }

  #tellOffline({ kind, message: reason }: LinkTrouble, delayMs: number): void {
    const level = reason === this.#loggedReason ? 'debug' : 'info';
    this.#loggedReason = reason;
    this.#options.log.write(level, 'link.offline', { reason, kind, retryInMs: Math.round(delayMs) });
  }
}
