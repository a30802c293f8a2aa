import { isDeepStrictEqual } from 'node:util';
import type { Clock, Log, Random } from '../../platform/ports.ts';
import type { Report } from '../../schemas/generated/types.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';
import type { ShadowLink, ShadowLinkHandlers } from './shadow-link.ts';
import { type DeviceIdentity, ShadowSession } from './shadow-session.ts';

/** What the link is made of. */
export interface AwsShadowLinkOptions {
  readonly device: string;
  readonly host: string;
  readonly port: number;
  readonly keepAliveSeconds: number;
  /** Asked for at each connect, so that a renewed certificate counts from then on; undefined while there is none. */
  readonly identity: () => DeviceIdentity | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A connection that lived this long was a good one: the next failure is a first one. */
const steadyMs = 60_000;

/** Undefined when it went well, else why not. */
function outcome(work: Promise<void>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
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
  #session: ShadowSession | undefined;
  #loop: Promise<void> | undefined;
  /** What was logged last about being offline: the same reason is not logged again. */
  #loggedReason: string | undefined;

  constructor(options: AwsShadowLinkOptions) {
    this.#options = options;
  }

  start(handlers: ShadowLinkHandlers): void {
    this.#loop ??= this.#run(handlers);
  }

  async report(report: Report): Promise<'accepted' | 'rejected' | 'offline'> {
    return (await this.#session?.report(report)) ?? 'offline';
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(handlers: ShadowLinkHandlers): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      const { reason, connectedMs } = await this.#serve(handlers);
      if (this.#stopped.signal.aborted) return;
      failures = connectedMs >= steadyMs ? 1 : failures + 1;
      const delayMs = reconnectDelayMs(failures, random.fraction());
      this.#tellOffline(reason, delayMs);
      await clock.sleep(delayMs, this.#stopped.signal).catch(() => {});
    }
  }

  /** One session from its start to its end; gives why it ended and how long it was connected. */
  async #serve(handlers: ShadowLinkHandlers): Promise<{ readonly reason: string; readonly connectedMs: number }> {
    const { device, host, port, keepAliveSeconds, clock } = this.#options;
    const identity = this.#options.identity();
    if (identity === undefined) return { reason: 'this device has no certificate yet', connectedMs: 0 };
    const ended = Promise.withResolvers<string>();
    const stop = (): void => ended.resolve('stopped');
    this.#stopped.signal.addEventListener('abort', stop);
    const options = { device, host, port, keepAliveSeconds, identity, clock };
    const session = new ShadowSession({ ...options, onDesired: newcomers(handlers), onEnd: ended.resolve });
    let connectedAtMs: number | undefined;
    try {
      const failure = await Promise.race([outcome(session.open()), ended.promise]);
      if (failure !== undefined) return { reason: failure, connectedMs: 0 };
      connectedAtMs = clock.monotonic();
      this.#connected(session, handlers);
      const reason = await Promise.race([outcome(session.fetchDesired()), ended.promise]);
      return { reason: reason ?? (await ended.promise), connectedMs: clock.monotonic() - connectedAtMs };
    } finally {
      this.#stopped.signal.removeEventListener('abort', stop);
      this.#session = undefined;
      if (connectedAtMs !== undefined) handlers.onConnection(false);
      await session.close().catch(() => {});
    }
  }

  #connected(session: ShadowSession, handlers: ShadowLinkHandlers): void {
    this.#session = session;
    this.#loggedReason = undefined;
    this.#options.log.write('info', 'link.connected', { host: this.#options.host, port: this.#options.port });
    handlers.onConnection(true);
  }

  #tellOffline(reason: string, delayMs: number): void {
    const level = reason === this.#loggedReason ? 'debug' : 'info';
    this.#loggedReason = reason;
    this.#options.log.write(level, 'link.offline', { reason, retryInMs: Math.round(delayMs) });
  }
}
