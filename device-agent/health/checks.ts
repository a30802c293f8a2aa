/** What an application's manifest asks of it on probation: pure judgements of what is seen of it. */
import type { ApplicationReport, HealthTerms } from '../../schemas/generated/types.ts';
import type { Answered, SeenApplication } from '../runtime/app-runtime.ts';

/** How often an application may fail and be started again during probation, where its manifest does not say. */
const restartsMaxDefault = 2;

/** What is not proved after this many times its time will not be. */
export const patience = 3;

/** At least this long, however short the time: a slow device needs time to start. */
export const patienceMsMin = 60_000;

/** An application on probation. Times are of a clock that never goes back, in milliseconds. */
export interface Candidate {
  readonly report: SeenApplication;
  readonly terms: HealthTerms;
  readonly startedMs: number;
  /** What it had behind it at the start: that is not held against the deployment. */
  readonly restartsBefore: number;
  readonly failedEventsBefore: number;
  /** Since when it runs without an end; undefined while it does not run. */
  readonly upSinceMs: number | undefined;
  /** What it answered last, where it is asked. */
  readonly answered?: Answered;
  /** What its function gave last, where it is called. */
  readonly called?: Answered;
}

/** What a check has come to; what is open is looked at again at `untilMs` at the latest. */
export type Finding =
  | { readonly kind: 'passed' }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'failed'; readonly reason: string };

const passed: Finding = { kind: 'passed' };

/** Begins with an application as it is right after activation. */
export function newCandidate(report: SeenApplication, terms: HealthTerms, nowMs: number): Candidate {
  return {
    ...{ report, terms, startedMs: nowMs, restartsBefore: report.restarts },
    failedEventsBefore: report.events?.failed ?? 0,
    upSinceMs: report.state === 'running' ? nowMs : undefined,
  };
}

/** The same application as it is now. */
export function seenAgain(candidate: Candidate, report: SeenApplication, nowMs: number): Candidate {
  const isUp = report.state === 'running';
  const wentOn = isUp && report.restarts === candidate.report.restarts;
  const upSinceMs = wentOn ? (candidate.upSinceMs ?? nowMs) : isUp ? nowMs : undefined;
  return { ...candidate, report, upSinceMs };
}

function named({ name, version }: ApplicationReport): string {
  return `${name} ${version}`;
}

function said({ message }: ApplicationReport): string {
  return message === undefined ? '' : `: ${message}`;
}

function failed(report: ApplicationReport, check: string, seen: string): Finding {
  return { kind: 'failed', reason: `${named(report)} failed its check health.${check}: ${seen}` };
}

/** Passed once `isSeen`; failed where it was not by then. */
function within(
  candidate: Candidate,
  seconds: number,
  isSeen: boolean,
  nowMs: number,
  failure: () => Finding,
): Finding {
  const untilMs = candidate.startedMs + seconds * 1000;
  if (isSeen) return passed;
  return nowMs < untilMs ? { kind: 'open', untilMs } : failure();
}

function judgeState({ report }: Candidate): Finding {
  return report.state === 'failed' ? { kind: 'failed', reason: `${named(report)} failed${said(report)}` } : passed;
}

function judgeRestarts({ report, terms, restartsBefore }: Candidate): Finding {
  const restarts = report.restarts - restartsBefore;
  // An application that ends well and is started again by its policy does what it should.
  if (restarts <= (terms.restartsMax ?? restartsMaxDefault) || report.exitCode === 0) return passed;
  const seen = `was restarted ${restarts} times`;
  if (terms.restartsMax === undefined) return { kind: 'failed', reason: `${named(report)} ${seen}${said(report)}` };
  return failed(report, 'restarts', `it ${seen}, and may be ${terms.restartsMax} times${said(report)}`);
}

function judgeEvents({ report, terms, failedEventsBefore }: Candidate): Finding {
  const count = (report.events?.failed ?? 0) - failedEventsBefore;
  if (terms.failedEventsMax === undefined || count <= terms.failedEventsMax) return passed;
  return failed(report, 'failedEvents', `${count} events failed, and ${terms.failedEventsMax} may${said(report)}`);
}

function judgeUp({ report, terms, startedMs, restartsBefore, upSinceMs }: Candidate, nowMs: number): Finding {
  if (terms.upSeconds === undefined) return passed;
  const wanted = `it is to run for ${terms.upSeconds} s without an end`;
  if (report.state === 'completed') return failed(report, 'up', `${wanted}, and ended`);
  const upMs = terms.upSeconds * 1000;
  if (upSinceMs !== undefined && nowMs >= upSinceMs + upMs) return passed;
  const lastMs = startedMs + Math.max(patience * upMs, patienceMsMin);
  if (nowMs < lastMs) return { kind: 'open', untilMs: Math.min(lastMs, (upSinceMs ?? lastMs) + upMs) };
  const seen = `was started again ${report.restarts - restartsBefore} times in ${(lastMs - startedMs) / 1000} s`;
  return failed(report, 'up', `${wanted}, and ${seen}${said(report)}`);
}

function judgeEnd(candidate: Candidate, nowMs: number): Finding {
  const { report, terms } = candidate;
  const { endsSeconds } = terms;
  if (endsSeconds === undefined) return passed;
  return within(candidate, endsSeconds, report.state === 'completed', nowMs, () => {
    const exit = report.exitCode === undefined ? '' : `, last exit code ${report.exitCode}`;
    return failed(report, 'ends', `it is to end well within ${endsSeconds} s, and is ${report.state}${exit}`);
  });
}

function judgeFacts(candidate: Candidate, nowMs: number): readonly Finding[] {
  const { report, terms } = candidate;
  const facts = report.facts ?? {};
  return Object.entries(terms.factsSeconds ?? {}).map(([fact, seconds]) =>
    within(candidate, seconds, facts[fact] !== undefined, nowMs, () => {
      const others = Object.keys(facts).sort().join(', ');
      const seen = others === '' ? 'it published none' : `it published only ${others}`;
      return failed(report, `facts.${fact}`, `it is to be published within ${seconds} s, and ${seen}`);
    }),
  );
}

function judgeMessages(candidate: Candidate, nowMs: number): readonly Finding[] {
  const { report, terms } = candidate;
  const written = report.written ?? [];
  return Object.entries(terms.messagesSeconds ?? {}).map(([channel, seconds]) =>
    within(candidate, seconds, written.includes(channel), nowMs, () => {
      const seen =
        written.length === 0 ? 'it wrote to no channel' : `it wrote only to ${[...written].sort().join(', ')}`;
      return failed(report, `messages.${channel}`, `a message is to be written within ${seconds} s, and ${seen}`);
    }),
  );
}

const unanswered: Readonly<Record<Exclude<Answered, number>, string>> = {
  busy: 'it had no room for the request',
  absent: 'it was not there to answer',
  failed: 'it ended badly over the request',
  late: 'it used up what a request may take',
};

/** Whether an answer says that all is well. */
export function isGood(answered: Answered | undefined): boolean {
  return typeof answered === 'number' && answered >= 200 && answered <= 299;
}

function judgeHttp(candidate: Candidate, nowMs: number): Finding {
  const { report, terms, answered } = candidate;
  const { http } = terms;
  if (http === undefined) return passed;
  return within(candidate, http.withinSeconds, isGood(answered), nowMs, () => {
    const last = answered === undefined ? 'it has not answered yet' : answerInWords(answered);
    return failed(report, 'http', `GET ${http.path} is to give 2xx within ${http.withinSeconds} s, and ${last}`);
  });
}

function judgeCall(candidate: Candidate, nowMs: number): Finding {
  const { report, terms, called } = candidate;
  const { call } = terms;
  if (call === undefined) return passed;
  return within(candidate, call.withinSeconds, called === 0, nowMs, () => {
    const last = called === undefined ? 'it has not come back yet' : callInWords(called);
    return failed(report, 'call', `${call.function} is to give 0 within ${call.withinSeconds} s, and ${last}`);
  });
}

const uncalled: Readonly<Record<Exclude<Answered, number>, string>> = {
  busy: 'it was at work on its events each time',
  absent: 'there was no instance to call',
  failed: 'it trapped',
  late: 'it used up what an event may take',
};

function callInWords(called: Answered): string {
  return typeof called === 'number' ? `it gave ${called} last` : uncalled[called];
}

function answerInWords(answered: Answered): string {
  return typeof answered === 'number' ? `the last answer was ${answered}` : unanswered[answered];
}

/** What each check of an application has come to by now, those that count what went wrong first. */
export function judgeCandidate(candidate: Candidate, nowMs: number): readonly Finding[] {
  return [
    judgeState(candidate),
    judgeRestarts(candidate),
    judgeEvents(candidate),
    judgeUp(candidate, nowMs),
    judgeEnd(candidate, nowMs),
    ...judgeFacts(candidate, nowMs),
    ...judgeMessages(candidate, nowMs),
    judgeHttp(candidate, nowMs),
    judgeCall(candidate, nowMs),
  ];
}
