import type { Log, Random } from '../platform/ports.ts';
import type { CertificateDoubts } from './certificate-doubts.ts';
import type { Enrolment } from './enrol.ts';
import type { Validity } from './enrol-identity.ts';

const hourMs = 3_600_000;
const checkMs = 6 * hourMs;
/** Where no clock tells whether it is time, a certificate a day is what that costs. */
const renewedMs = 24 * hourMs;
const firstRetryMs = 30_000;
const retryMsMax = hourMs;

/** Whether it is time: there is none, two thirds of its time are over, it has expired, or it does not count yet. */
export function isRenewalDue(validity: Validity | undefined, nowMs: number): boolean {
  if (validity === undefined || nowMs < validity.fromMs) return true;
  return nowMs >= validity.untilMs - (validity.untilMs - validity.fromMs) / 3;
}

export interface RenewalOptions {
  readonly validity: () => Validity | undefined;
  /** One try. */
  readonly enrol: (signal: AbortSignal) => Promise<Enrolment>;
  /** The agent's own time. */
  readonly nowMs: () => number;
  readonly doubts: CertificateDoubts;
  /** Told once there is another certificate. */
  readonly onRenewed: () => void;
  readonly random: Random;
  readonly log: Log;
}

/** What came of looking whether it is time, and of asking if it is; undefined when it is not. */
async function renewIfDue(
  { validity, enrol, nowMs, doubts }: RenewalOptions,
  signal: AbortSignal,
): Promise<Enrolment | undefined> {
  try {
    return doubts.isRaised || isRenewalDue(validity(), nowMs()) ? await enrol(signal) : undefined;
  } catch (error) {
    // A full disk or a damaged file must not end the agent: what runs needs no certificate.
    return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Keeps the certificate fresh until the signal aborts: before it expires, and also long after, for it is the key that counts. */
export async function keepCertificate(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { random, log, doubts, onRenewed } = options;
  let failures = 0;
  let lastMessage: string | undefined;
  const jitter = (delayMs: number): number => delayMs * (0.5 + random.fraction() / 2);
  while (!signal.aborted) {
    let delayMs = jitter(checkMs);
    const result = await renewIfDue(options, signal);
    if (result !== undefined && result.kind !== 'unreachable') doubts.settle();
    if (result?.kind === 'enrolled') {
      log.write('info', 'identity.renewed');
      onRenewed();
      delayMs = jitter(renewedMs);
      failures = 0;
      lastMessage = undefined;
    } else if (result !== undefined && !signal.aborted) {
      delayMs = jitter(Math.min(firstRetryMs * 2 ** Math.min(failures, 20), retryMsMax));
      failures += 1;
      const level = result.message === lastMessage ? 'debug' : 'warn';
      lastMessage = result.message;
      log.write(level, 'identity.not-renewed', { reason: result.message, retryInMs: Math.round(delayMs) });
    }
    await doubts.pause(delayMs, signal);
  }
}
