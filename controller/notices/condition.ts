/** What somebody should be told of, while it is so: read off what is counted anyway. Pure. */
import { expiryStatuses } from '../expiry/end.ts';
import type { Readings } from '../metrics/readings.ts';

/** Why somebody is told. */
export const causes = [
  'rollout-halted',
  'rollout-waits',
  'devices-failed',
  'revision-refused',
  'source-unreachable',
  'trust-ends',
] as const;

export type Cause = (typeof causes)[number];

export interface Condition {
  readonly cause: Cause;
  /** `fleet/ships`, a file, the branch. */
  readonly subject: string;
  /** Of a subject that may come to the same again: another key is another thing to tell. */
  readonly key: string;
  readonly message: string;
  /** Of devices: more than twice as many are told anew. */
  readonly count?: number;
}

function condition(cause: Cause, subject: string, message: string, which = ''): Condition {
  return { cause, subject, key: `${cause} ${subject}${which === '' ? '' : ` ${which}`}`, message };
}

function ofRollouts({ underWay }: Readings): Condition[] {
  return underWay.flatMap(({ fleet, number, state, reason, message }) => {
    const subject = `fleet/${fleet}`;
    const words = `rollout ${number}: ${message}`;
    if (state === 'halted' || state === 'reverting')
      return [condition('rollout-halted', subject, words, String(number))];
    return reason === 'NEEDS_APPROVAL' ? [condition('rollout-waits', subject, words, `${number} ${message}`)] : [];
  });
}

function ofDevices({ fleets, notWell }: Readings): Condition[] {
  return fleets.flatMap(([fleet, { failed: count }]) => {
    if (count === 0) return [];
    const names = notWell.filter((one) => one.fleet === fleet && one.state === 'failed').map(({ name }) => name);
    const more = count > names.length && names.length > 0 ? ', …' : '';
    const message = `${count === 1 ? '1 device' : `${count} devices`} failed: ${names.join(', ')}${more}`;
    return [{ ...condition('devices-failed', `fleet/${fleet}`, message.replace(/: $/, '')), count }];
  });
}

function ofSource({ source }: Readings): Condition[] {
  const { state, branch, tip, problems, message } = source;
  const [first] = problems;
  const where = first === undefined ? (message ?? '') : `${first.file}:${first.line ?? 1}: ${first.message}`;
  if (state === 'refused')
    return [condition('revision-refused', branch, `${tip?.id ?? ''} ${where}`.trim(), tip?.id ?? '')];
  return state === 'unreachable' ? [condition('source-unreachable', branch, message ?? 'it can not be read')] : [];
}

function ofTrust({ ends, now }: Readings): Condition[] {
  return expiryStatuses(ends, now)
    .filter(({ severity }) => severity !== 'notice')
    .map(({ subject, severity, message }) => condition('trust-ends', subject, message, severity));
}

/** All that is so now. */
export function conditionsOf(readings: Readings): Condition[] {
  return [...ofRollouts(readings), ...ofDevices(readings), ...ofSource(readings), ...ofTrust(readings)];
}
