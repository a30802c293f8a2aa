/** Where one device stands, as far as the last contact told, and why. What is not known is never shown as good. */

import { asksWords } from '../../schemas/asks-words.ts';
import type { ApplicationReport, DeviceStatus, Reason, Report } from '../../schemas/generated/types.ts';
import { waitingWords } from '../../schemas/waiting-words.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { darkAfterMs, nextAsk } from './asks.ts';
import { factsOf } from './device-facts.ts';
import { expectedContact } from './expected-contact.ts';
import { heardAt } from './heard.ts';
import { asHeld, holdEndsAt } from './hold.ts';
import { momentOf, toTheMinute } from './moments.ts';
import {
  type DescribedDevice,
  type IssuedDeployment,
  isFailing,
  isPlausible,
  isReference,
  isWithheld,
  type ObservedDevice,
  type ReportGist,
  takeoversSuspect,
} from './observed.ts';
import { type Decision, planDevice, tookAnother } from './plan-device.ts';
import type { Permitted } from './rollout/permitted.ts';

type State = DeviceStatus['state'];

/** Where a device stands, and why. */
export interface Standing {
  readonly state: State;
  readonly reason: Reason;
}

function standing(state: State, code: string, message: string, since?: string): Standing {
  return { state, reason: { code, message, ...(since === undefined ? {} : { since }) } };
}

/** After so long without a takeover there is one machine again. */
const takeoverMemoryMs = 60 * 60_000;

/** Why the silence of a device is so long that what was known of it says nothing about now; undefined when it is not. */
function darkness(desired: DesiredDevice, observed: ObservedDevice, now: number): Standing | undefined {
  if (observed.connected === true) return undefined;
  const at = heardAt(observed, now);
  if (at === undefined) {
    const message = "was heard last when the controller's clock ran ahead, nobody knows how long ago";
    return standing('dark', 'DARK', `${message}; ${lastKnown(observed)}`);
  }
  if (now - at <= darkAfterMs(desired, observed)) return undefined;
  return standing('dark', 'DARK', `not heard since ${toTheMinute(at)}; ${lastKnown(observed)}`, momentOf(at));
}

function failure(application: ApplicationReport): string {
  const { name, version, message, exitCode } = application;
  const why = message ?? (exitCode === undefined ? 'it gives no reason' : `exit code ${exitCode}`);
  return `${name} ${version} fails: ${why}; ${nextOf(application)}`;
}

function nextOf({ state, restarts, events, flapping }: ApplicationReport): string {
  if (flapping === true) return `it flaps: it failed 6 times or more within an hour (${restarts} restarts so far)`;
  if (state === 'failed') return 'it is not started again';
  if (events?.failed !== undefined) return `events are tried again later (${events.failed} failed so far)`;
  return `it will be started again (${restarts} times so far)`;
}

const phaseMessages: Readonly<Record<Report['phase'], string>> = {
  idle: 'waits for its first deployment',
  fetching: 'fetches what it lacks',
  staged: 'has all it needs and is about to switch over',
  waiting: 'waits for a moment to go on',
  activating: 'switches over',
  probation: 'runs it on probation',
  active: 'runs it',
};

/** What stands in the way of believing what it says. */
function doubt(observed: ObservedDevice, now: number): Standing | undefined {
  const { dropped, takeovers, report } = observed;
  const isRecent = takeovers !== undefined && Math.abs(now - takeovers.at) < takeoverMemoryMs;
  if (isRecent && takeovers.count >= takeoversSuspect) {
    const from = takeovers.addresses.length === 0 ? '' : `, from ${takeovers.addresses.join(' and ')}`;
    const message = `two machines take turns under its name and key: ${takeovers.count} takeovers since ${toTheMinute(takeovers.since)}${from}`;
    return standing('failed', 'TWO_MACHINES', message, momentOf(takeovers.since));
  }
  if (dropped !== undefined) {
    const message = `what it says is not believed: ${dropped.message}`;
    return standing('failed', dropped.code, message, momentOf(dropped.since));
  }
  if (isPlausible(observed)) return undefined;
  const seen = `it claims to have seen deployment ${report?.highestSequence}`;
  const issued = observed.issued === undefined ? 'was issued none' : `was issued ${observed.issued.sequence}`;
  return standing('failed', 'SEQUENCE_NOT_PLAUSIBLE', `${seen}, and ${issued}: that can't be`, report?.since);
}

/** What could not be done for it so far. */
function hindrance({ unsettled }: ObservedDevice): Standing | undefined {
  if (unsettled === undefined) return undefined;
  const { kind, attempts, failure, since } = unsettled;
  const what = kind === 'issue' ? 'its deployment could not be issued' : 'it could not be told of its deployment';
  const code = kind === 'issue' ? 'NOT_ISSUED' : 'NOT_DELIVERED';
  const tries = attempts === 1 ? 'once' : `${attempts} times`;
  return standing('progressing', code, `${what}: ${failure} (tried ${tries}, goes on)`, momentOf(since));
}

/** The device runs what it should: is it well? */
function judgeRunning(
  { connected }: ObservedDevice,
  report: ReportGist,
  { sequence }: Pick<IssuedDeployment, 'sequence'>,
): Standing {
  const failing = report.applications.find(isFailing);
  if (failing !== undefined && report.phase === 'active') {
    const code = failing.flapping === true ? 'APPLICATION_FLAPS' : 'APPLICATION_FAILED';
    return standing('failed', code, failure(failing), failing.since);
  }
  if (report.phase !== 'active') {
    const code = `PHASE_${report.phase.toUpperCase()}`;
    return standing('progressing', code, `deployment ${sequence}: ${phaseMessages[report.phase]}`, report.since);
  }
  const { asks } = report;
  const without =
    asks === undefined
      ? `ran deployment ${sequence}; not connected now`
      : `runs deployment ${sequence}; ${asksWords(asks)}`;
  const message = connected === false ? without : `runs deployment ${sequence}`;
  return standing('running', 'UP_TO_DATE', message, report.since);
}

/** Of one that is well, that its manifests ask for something else and hold it. */
function withHold(stands: Standing, decision: Decision): Standing {
  if (stands.state !== 'running' || decision.kind !== 'hold' || decision.cause !== 'HELD') return stands;
  return { ...stands, reason: { ...stands.reason, code: 'HELD', message: decision.message } };
}

/** What it was issued is kept from it: it is as well as what it runs is. */
function judgeKept(decision: Decision, observed: ObservedDevice, report: ReportGist): Standing {
  if (report.running !== undefined) return withHold(judgeRunning(observed, report, report.running), decision);
  const isHeld = decision.kind === 'hold' && decision.cause === 'HELD';
  return standing('progressing', isHeld ? 'HELD' : 'TO_BE_ISSUED', decision.message);
}

/** The device runs something else than it should, or nothing. */
function judgeOnTheWay(observed: ObservedDevice, report: ReportGist, issued: IssuedDeployment): Standing {
  const { problem, phase, target, waiting } = report;
  const underWay = isReference(target, issued);
  const about = problem !== undefined && (problem.sequence === undefined || problem.sequence === issued.sequence);
  if (underWay && waiting !== undefined) {
    return standing(
      'progressing',
      waiting.code,
      `deployment ${issued.sequence}: ${waitingWords(waiting)}`,
      report.since,
    );
  }
  if (underWay) {
    const trouble = about ? `; last trouble: ${problem.message} (${problem.code})` : '';
    const code = about ? problem.code : `PHASE_${phase.toUpperCase()}`;
    const message = `deployment ${issued.sequence}: ${phaseMessages[phase]}${trouble}`;
    return standing('progressing', code, message, report.since);
  }
  if (about) return standing('failed', problem.code, problem.message, problem.at);
  if (report.highestSequence === issued.sequence) {
    // The problem that it had with it has given way to a newer one, or is over.
    const back = report.running === undefined ? 'runs nothing' : `is back at deployment ${report.running.sequence}`;
    const message = `took deployment ${issued.sequence} and ${back}; what happened last tells why`;
    return standing('failed', 'WENT_BACK', message, report.since);
  }
  const since = momentOf(issued.issuedAt);
  // Only its own report tells that it was told: over a link that is half open what was sent may be lost.
  if (observed.connected === true) {
    const message = `deployment ${issued.sequence} is sent; it has not confirmed it yet`;
    return standing('progressing', 'NOT_TAKEN', message, since);
  }
  return standing(
    'progressing',
    'WAITS_FOR_CONTACT',
    `deployment ${issued.sequence} waits for its next contact`,
    since,
  );
}

/** When silence alone changes what can be said of it; undefined when it does not. */
export function changesAt(desired: DesiredDevice, observed: ObservedDevice, now: number): number | undefined {
  const { connected, takeovers } = observed;
  const times = takeovers === undefined ? [] : [takeovers.at + takeoverMemoryMs];
  const heard = heardAt(observed, now);
  const endsAt = holdEndsAt(desired);
  if (endsAt !== undefined) times.push(endsAt);
  if (connected !== true && heard !== undefined) times.push(heard + darkAfterMs(desired, observed) + 1);
  return times.filter((at) => at > now).sort((a, b) => a - b)[0];
}

function lastRan({ report }: ObservedDevice): string {
  if (report === undefined) return 'it never said what it runs';
  return `at the time it ran ${report.running === undefined ? 'nothing' : `deployment ${report.running.sequence}`}`;
}

function lastKnown(observed: ObservedDevice): string {
  const { report, issued } = observed;
  const ran = lastRan(observed);
  if (report === undefined || issued === undefined || isReference(report.running, issued)) return ran;
  const { target, highestSequence: highest } = report;
  const newest = `deployment ${issued.sequence}`;
  if (isWithheld(observed)) return `${ran}; ${newest}, which it has not taken, is kept from it`;
  if (isReference(target, issued)) return `${ran}; it was on its way to ${newest}`;
  if (highest < issued.sequence) return `${ran}; ${newest} waits for its next contact`;
  return `${ran}; it had ${highest > issued.sequence ? `seen deployment ${highest}` : `refused ${newest}, or gone back from it`}`;
}

/** It was there, and never said under the key that git names what it runs. */
function unheard({ connected }: ObservedDevice): Standing {
  if (connected === false) {
    const message = 'it is not connected, and under the key that git names now it has not said what it runs';
    return standing('unknown', 'NO_REPORT', message);
  }
  const where = connected === undefined ? 'was heard of' : 'is connected';
  return standing('progressing', 'NO_REPORT', `it ${where} and has not said yet what it runs`);
}

/** That its rollout keeps it from what its manifests ask for: of one that is well, is to be issued something, or is to try it again. */
function withRollout(stands: Standing, { reason, awaitsRetry }: Permitted): Standing {
  if (stands.state === 'failed' && awaitsRetry && reason !== undefined) {
    const message = `${stands.reason.message}; not tried again yet: ${reason.message}`;
    return { ...stands, reason: { ...stands.reason, message } };
  }
  const isQuiet = stands.state === 'running' || stands.reason.code === 'TO_BE_ISSUED';
  if (!isQuiet || reason === undefined || stands.reason.code === 'HELD') return stands;
  return { state: 'progressing', reason };
}

/**
 * Where a device that git names stands; `deploymentKey` is the id of the key that signs now, where that is known. `permitted` is
 * what the rollout of its fleet says of it.
 */
export function judge(
  desired: DesiredDevice,
  observed: ObservedDevice,
  now: number,
  deploymentKey?: string,
  permitted: Permitted = { device: asHeld(desired, now) },
): Standing {
  const decision = planDevice(permitted.device, observed, now, deploymentKey, permitted);
  return withRollout(judgeBy(decision, desired, observed, now), permitted);
}

function judgeBy(decision: Decision, desired: DesiredDevice, observed: ObservedDevice, now: number): Standing {
  const { contactAt, report, issued } = observed;
  if (contactAt === undefined) {
    if (decision.kind === 'hold' && decision.cause === 'NO_KEY') return standing('unknown', 'NO_KEY', decision.message);
    return standing('unknown', 'NEVER_HEARD', 'it was never heard of: has its agent been started and enrolled?');
  }
  const wrong = darkness(desired, observed, now) ?? doubt(observed, now);
  if (wrong !== undefined) return wrong;
  if (decision.kind === 'hold' && decision.cause === 'NO_KEY')
    return standing('progressing', 'NO_KEY', decision.message);
  if (report === undefined) return unheard(observed);
  if (issued === undefined && decision.kind === 'hold' && decision.cause === 'HELD')
    return standing(report.running === undefined ? 'progressing' : 'running', 'HELD', decision.message);
  if (decision.kind === 'hold' && decision.cause === 'NO_FLEET')
    return standing('running', 'NO_FLEET', decision.message);
  const hindered = hindrance(observed);
  if (hindered !== undefined) return hindered;
  if (issued === undefined || decision.kind === 'deploy')
    return standing('progressing', 'TO_BE_ISSUED', decision.message);
  if (decision.cause === 'ROLLOUT' && tookAnother(observed))
    return standing('progressing', 'TO_BE_ISSUED', decision.message);
  const isKept = decision.withholds || (decision.cause === 'HELD' && tookAnother(observed));
  if (isKept) return judgeKept(decision, observed, report);
  if (isReference(report.running, issued)) return withHold(judgeRunning(observed, report, issued), decision);
  return judgeOnTheWay(observed, report, issued);
}

/** The status of a device that git names. `now` in milliseconds since the epoch; the rest as for `judge`. */
export function deviceStatus(
  desired: DesiredDevice,
  observed: DescribedDevice,
  now: number,
  deploymentKey?: string,
  permitted?: Permitted,
): DeviceStatus {
  const heard = heardAt(observed, now);
  const expected = nextAsk(observed, heard, now) ?? expectedContact(observed, heard, now);
  return {
    ...factsOf(desired.name, observed, now),
    ...(expected === undefined ? {} : { expectedContact: expected }),
    ...(desired.hold === undefined ? {} : { hold: desired.hold }),
    ...(desired.site === undefined ? {} : { site: desired.site }),
    ...(desired.fleet === undefined ? {} : { fleet: desired.fleet }),
    ...(permitted?.wave === undefined ? {} : { wave: permitted.wave }),
    labels: { ...desired.labels },
    ...judge(desired, observed, now, deploymentKey, permitted),
  };
}

/** The status of a device that git no longer names; it can't connect any more and runs what it ran. */
export function removedDeviceStatus(name: string, observed: DescribedDevice, now: number): DeviceStatus {
  const message = `git no longer names it; ${lastRan(observed)}`;
  return { ...factsOf(name, observed, now), labels: {}, ...standing('removed', 'REMOVED', message) };
}
