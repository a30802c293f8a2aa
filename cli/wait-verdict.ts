/** What a status means to somebody who waits: done, not yet, or never by waiting alone. Pure. */
import type { DeviceStatus, StatusDocument } from '../schemas/generated/types.ts';
import { exitCodes } from './exit-codes.ts';
import { exitCodeOf, stoppedFleet } from './status-target.ts';

/** What stands in the way of saying that the status has converged; undefined when nothing does. */
export function obstacle(status: StatusDocument, revision: string | undefined): string | undefined {
  const { source, devices } = status;
  const inForce = source.revision?.id;
  if (revision !== undefined && inForce?.startsWith(revision) !== true) {
    const here = `the revision in force is ${inForce?.slice(0, 7) ?? 'none yet'}, not ${revision.slice(0, 7)}`;
    const isTip = source.state === 'current' && source.tip?.id === inForce;
    return `${here} (${isTip ? `nothing newer is on ${source.branch}` : source.state})`;
  }
  if (exitCodeOf(status) === exitCodes.ok) return undefined;
  const device = devices.find(({ state }) => state !== 'running' && state !== 'removed');
  if (device === undefined && source.state === 'current') {
    return status.storage === undefined
      ? `the MQTT broker is ${status.broker?.state}`
      : `the controller can't write its state: ${status.storage.message}`;
  }
  if (device === undefined) return `the repository is ${source.state}: ${source.message ?? ''}`;
  const { desired, running } = status.tally;
  const others = desired - running - 1;
  const more = others > 0 ? `; and ${others} more` : '';
  return `${device.name} is ${device.state}: ${device.reason.message}${more}${rolloutWords(device, status)}`;
}

/** What a rollout that is under way waits for, which may be somebody's yes. */
function rolloutWords({ fleet }: DeviceStatus, { fleets }: StatusDocument): string {
  const rollout = fleets.find(({ name }) => name === fleet)?.rollout;
  if (rollout === undefined || rollout.state === 'done') return '';
  const { number, state, reason } = rollout;
  return `; rollout ${number} of fleet ${fleet} is ${state}: ${reason.message} (${reason.code})`;
}

/** The commit that is waited for. */
export interface WantedRevision {
  readonly id: string;
  /** Whether a commit is the wanted one or came after it. */
  readonly isIn: (commit: string) => boolean;
}

export type WaitVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'not-yet'; readonly why: string }
  /** Time alone does not mend it. A commit was judged at `judgedAt`: a controller that was started since, with other keys, may judge otherwise. */
  | { readonly kind: 'stuck'; readonly why: string; readonly judgedAt?: string };

/** Within so long a controller has looked at its branch again, unless it was told to do so seldom. */
const nextLookMs = 15_000;

/** An application that will be started again may yet do well; nothing else that failed comes right by itself. */
function isStuck({ state, reason, report }: DeviceStatus): boolean {
  if (reason.code === 'NO_KEY') return true;
  if (state !== 'failed') return false;
  const isRetried = report?.applications.some((application) => application.state === 'backoff') === true;
  return reason.code !== 'APPLICATION_FAILED' || !isRetried;
}

function refusal({ source }: StatusDocument, wanted: WantedRevision | undefined): string | undefined {
  const { state, tip, message = '', problems } = source;
  if (state !== 'refused' || tip === undefined) return undefined;
  if (wanted !== undefined && !wanted.isIn(tip.id)) return undefined;
  const [first] = problems;
  const place =
    first === undefined
      ? ''
      : `; ${first.file}${first.line === undefined ? '' : `:${first.line}`}: ${first.code} ${first.message}`;
  return `commit ${tip.id.slice(0, 7)} is refused: ${message}${place}`;
}

/** Judges one look at the controller. Without `wanted`, whatever is in force counts. */
export function waitVerdict(status: StatusDocument, wanted?: WantedRevision): WaitVerdict {
  const refused = refusal(status, wanted);
  const inForce = status.source.revision?.id;
  const isInForce = wanted === undefined || (inForce !== undefined && wanted.isIn(inForce));
  if (refused !== undefined && !(wanted !== undefined && isInForce)) {
    const { checkedAt } = status.source;
    return { kind: 'stuck', why: refused, ...(checkedAt === undefined ? {} : { judgedAt: checkedAt }) };
  }
  if (!isInForce) return { kind: 'not-yet', why: obstacle(status, wanted.id) ?? 'it is not in force yet' };
  const stuck = status.devices.find(isStuck);
  if (stuck !== undefined) {
    return { kind: 'stuck', why: `${stuck.name} is ${stuck.state}: ${stuck.reason.message} (${stuck.reason.code})` };
  }
  const stopped = status.state === 'progressing' ? stoppedFleet(status) : undefined;
  if (stopped !== undefined) {
    const { number, state, reason } = stopped.rollout;
    const why = `rollout ${number} of fleet ${stopped.name} is ${state}: ${reason.message} (${reason.code})`;
    return { kind: 'stuck', why };
  }
  // A later commit that is refused does not matter to who waits for one that is in force.
  const isLater = refused !== undefined;
  const why = obstacle(isLater ? { ...status, source: { ...status.source, state: 'current' } } : status, undefined);
  return why === undefined ? { kind: 'done' } : { kind: 'not-yet', why };
}

/** Whether a verdict of so early a look at the branch may be another after the next one, which comes soon. */
export function maySoonChange(verdict: WaitVerdict, begunAt: string, waitedMs: number): boolean {
  return verdict.kind === 'stuck' && (verdict.judgedAt ?? begunAt) < begunAt && waitedMs < nextLookMs;
}
