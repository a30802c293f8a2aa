/**
 * What one device should get now. Pure, and the only place that decides it: the controller, `fleet plan`, `fleet why` and
 * the simulation all ask here. What the rollout of its fleet leaves it is said by `rollout/permit.ts`.
 */
import type { Reason } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { holdText, isHeld, pinsOf } from './hold.ts';
import {
  type IssuedDeployment,
  isPlausible,
  isReference,
  isUntaken,
  isWithheld,
  type ObservedDevice,
  type ReportGist,
} from './observed.ts';
import { asksForWhole } from './rollout/whole-modules.ts';

/** Why a device gets a deployment now. */
export type DeployCause = 'FIRST' | 'CHANGED' | 'RETRIED' | 'SEQUENCE_BEHIND' | 'KEY_CHANGED' | 'WHOLE_ALLOWED';

/** Why a device gets none now. */
export type HoldCause = 'NO_KEY' | 'NO_FLEET' | 'HELD' | 'ROLLOUT' | 'ISSUED';

/** What the rollout of its fleet says of a device besides what it should run. */
export interface Leave {
  /** It gets nothing else than it has for now; what it is on its way to may be signed by another key. */
  readonly stays?: true;
  /** Why. */
  readonly reason?: Reason;
  /** What it was issued and has not taken was halted, and there is nothing else to take it to. */
  readonly isWithdrawn?: true;
  /** It gave it up before, and is issued it again. */
  readonly isAnew?: true;
  /** It is held, on its way to something that it has not switched over to: it is taken back to what ran well. */
  readonly isRecalled?: true;
  /** Where its fleet asks first, somebody let it take modules whole. */
  readonly mayGoWhole?: true;
}

export type Decision =
  | { readonly kind: 'deploy'; readonly cause: DeployCause; readonly message: string }
  | {
      readonly kind: 'hold';
      readonly cause: HoldCause;
      readonly message: string;
      /** What it was issued and has not taken is kept from it. */
      readonly withholds?: true;
    };

function deploy(cause: DeployCause, message: string): Decision {
  return { kind: 'deploy', cause, message };
}

function hold(cause: HoldCause, message: string): Extract<Decision, { kind: 'hold' }> {
  return { kind: 'hold', cause, message };
}

/** Why the device will never take what it was issued; it happens after this controller lost its database. */
export function whyRefused(
  issued: IssuedDeployment,
  { highestSequence, running, target, problem }: ReportGist,
): string | undefined {
  const { sequence } = issued;
  if (highestSequence > sequence)
    return `it has seen sequence ${highestSequence}, and refuses the ${sequence} it was issued`;
  if (highestSequence < sequence) return undefined;
  const others = [running, target].some((one) => one?.sequence === sequence && !isReference(one, issued));
  const isReused = problem?.code === 'SEQUENCE_REUSED' && problem.sequence === sequence;
  return others || isReused ? `it took another deployment ${sequence}, and refuses the one it was issued` : undefined;
}

/** Whether it took a deployment that this controller knows nothing of: its state was restored from an older copy since. */
export function tookAnother(observed: ObservedDevice): boolean {
  const { issued, report } = observed;
  if (issued === undefined || report === undefined) return false;
  return isPlausible(observed) && whyRefused(issued, report) !== undefined;
}

/**
 * Whether a device is still on its way to what it was issued. It judges what it installs by the keys that are named then, so what
 * a key signed that is not in use any more would be refused on the way; what runs, or ran and was given up, is settled.
 */
export function isPending(issued: IssuedDeployment, report: ReportGist | undefined): boolean {
  if (report === undefined || report.highestSequence < issued.sequence) return true;
  return isReference(report.target, issued);
}

/** That it gets nothing while its manifest holds it; undefined when it is not held, or at releases, or is known to have what its manifests ask for. */
function held(desired: DesiredDevice, observed: ObservedDevice, now: number): Decision | undefined {
  const { hold: wanted, template } = desired;
  if (wanted === undefined || wanted.releases !== undefined || !isHeld(desired, now)) return undefined;
  const { issued, report } = observed;
  if (isUntaken(observed) || isWithheld(observed)) {
    const at = report?.running === undefined ? '' : ` at deployment ${report.running.sequence},`;
    const message = `is held${at} before it took deployment ${issued?.sequence}, which is kept from it; held ${holdText(wanted)}`;
    return { ...hold('HELD', message), withholds: true };
  }
  if (report !== undefined && tookAnother(observed)) {
    const sequence = report.running?.sequence ?? report.highestSequence;
    return hold(
      'HELD',
      `is held at deployment ${sequence}, of which nothing is known any more; held ${holdText(wanted)}`,
    );
  }
  if (issued?.templateHash === template.hash) return undefined;
  const at = issued === undefined ? 'with nothing issued yet' : `at deployment ${issued.sequence}`;
  return hold('HELD', `is held ${at}, and its manifests ask for something else; held ${holdText(wanted)}`);
}

/** That its rollout gives it nothing else now. */
function waits({ stays, reason }: Leave): Extract<Decision, { kind: 'hold' }> | undefined {
  return stays === undefined
    ? undefined
    : hold('ROLLOUT', reason?.message ?? 'the rollout of its fleet leaves it as it is');
}

/**
 * Decides by what the device should run and what is known of it at `now`, in milliseconds since the epoch. `deploymentKey` is the id of the key that signs now, where that
 * is known. `leave` is its rollout's: `desired` has the template that it may have by it, and by its hold. What was kept from the device stays so until it may have just that.
 */
export function planDevice(
  desired: DesiredDevice,
  observed: ObservedDevice,
  now: number,
  deploymentKey?: string,
  leave: Leave = {},
): Decision {
  const decision = decided(desired, observed, now, deploymentKey, leave);
  if (decision.kind === 'deploy') return decision;
  if (decision.cause === 'ISSUED') return asPinned(decision, desired, observed, now);
  return isWithheld(observed) ? { ...decision, withholds: true } : decision;
}

/** That a device has what it is held at; any other has what its manifests ask for. */
function asPinned(decision: Decision, desired: DesiredDevice, { issued }: ObservedDevice, now: number): Decision {
  if (pinsOf(desired, now) === undefined) return decision;
  return hold('HELD', `is held ${holdText(desired.hold!)}; that is deployment ${issued?.sequence}`);
}

function decided(
  desired: DesiredDevice,
  observed: ObservedDevice,
  now: number,
  deploymentKey: string | undefined,
  leave: Leave,
): Decision {
  const { issued, report } = observed;
  if (desired.keyFingerprint === undefined) {
    return hold(
      'NO_KEY',
      'its manifest has no keyFingerprint: run `fleet agent enroll` on the device and commit what it prints',
    );
  }
  if (leave.isRecalled && issued?.templateHash !== desired.template.hash)
    return deploy('CHANGED', 'it is held, and goes on with what ran well');
  const kept = held(desired, observed, now);
  if (kept !== undefined) return kept;
  if (issued === undefined) {
    const has = report?.running ?? report?.target;
    if (desired.fleet === undefined) {
      if (has === undefined) return hold('NO_FLEET', 'no fleet selects it');
      return deploy('CHANGED', `no fleet selects it, and it has deployment ${has.sequence}`);
    }
    return waits(leave) ?? deploy('FIRST', `fleet ${desired.fleet} selects it`);
  }
  if (issued.templateHash !== desired.template.hash) {
    return waits(leave) ?? deploy('CHANGED', 'its manifests ask for something else');
  }
  const waiting = isWithheld(observed) || leave.isWithdrawn ? waits(leave) : undefined;
  if (waiting !== undefined) return { ...waiting, withholds: true };
  if (leave.isAnew) return deploy('RETRIED', 'it gave it up before, and the rollout of its fleet tries again');
  if (leave.mayGoWhole && desired.template.wholeModules === 'ask' && asksForWhole(issued, report)) {
    return deploy('WHOLE_ALLOWED', `it has no delta to deployment ${issued.sequence}, and may take it whole now`);
  }
  const refused = report === undefined || !isPlausible(observed) ? undefined : whyRefused(issued, report);
  if (refused !== undefined) return waits(leave) ?? deploy('SEQUENCE_BEHIND', refused);
  const { signedBy } = issued;
  if (
    deploymentKey !== undefined &&
    signedBy !== undefined &&
    signedBy !== deploymentKey &&
    isPending(issued, report)
  ) {
    const message = `deployment ${issued.sequence} was signed with key ${signedBy.slice(0, 12)}, which signs no more`;
    return deploy('KEY_CHANGED', message);
  }
  return hold('ISSUED', `deployment ${issued.sequence} is what its manifests ask for`);
}
