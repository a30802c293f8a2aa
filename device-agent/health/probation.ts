import type { ApplicationReport, DeployedApplication, HealthTerms } from '../../schemas/generated/types.ts';
import type { Answered, SeenApplication } from '../runtime/app-runtime.ts';
import { type Candidate, judgeCandidate, newCandidate, patience, patienceMsMin, seenAgain } from './checks.ts';

/** A probation under way. Times are of a clock that never goes back, in milliseconds. */
export interface Probation {
  readonly probationMs: number;
  readonly startedMs: number;
  /** Since when all applications are well; undefined while one is not. */
  readonly wellSinceMs: number | undefined;
  readonly healthOf: HealthOf;
  readonly candidates: readonly Candidate[];
}

/** What is asked of an application besides running, by its name. */
export type HealthOf = ReadonlyMap<string, HealthTerms>;

/** What applications that are asked answered last, by name. */
export type Answers = ReadonlyMap<string, Answered>;

/** What is heard of applications besides how they do: answers to requests, and what calls gave. */
export interface Heard {
  readonly answers: Answers;
  readonly calls: Answers;
}

const nothingHeard: Heard = { answers: new Map(), calls: new Map() };

/** What a deployment asks of its applications. */
export function healthTerms(applications: readonly DeployedApplication[]): HealthOf {
  return new Map(applications.flatMap(({ name, health }) => (health === undefined ? [] : [[name, health] as const])));
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'healthy' }
  | { readonly kind: 'failing'; readonly reason: string };

/** Begins a probation with applications as they are right after activation. */
export function beginProbation(
  applications: readonly SeenApplication[],
  probationSeconds: number,
  nowMs: number,
  healthOf: HealthOf = new Map(),
): Probation {
  return {
    probationMs: probationSeconds * 1000,
    startedMs: nowMs,
    wellSinceMs: undefined,
    healthOf,
    candidates: applications.map((report) => newCandidate(report, healthOf.get(report.name) ?? {}, nowMs)),
  };
}

function isWell({ state }: ApplicationReport): boolean {
  return state === 'running' || state === 'completed';
}

/** Looks at the applications once more: the probation as it goes on, and what follows. */
export function observe(
  before: Probation,
  applications: readonly SeenApplication[],
  nowMs: number,
  heard: Heard = nothingHeard,
): { readonly probation: Probation; readonly verdict: Verdict } {
  const seen = withHeard(look(before, applications, nowMs), heard);
  const findings = seen.candidates.flatMap((candidate) => judgeCandidate(candidate, nowMs));
  const failure = findings.find((finding) => finding.kind === 'failed');
  if (failure !== undefined) return { probation: seen, verdict: { kind: 'failing', reason: failure.reason } };
  const openUntilMs = findings.flatMap((finding) => (finding.kind === 'open' ? [finding.untilMs] : []));
  const ill = applications.find((application) => !isWell(application));
  if (ill !== undefined) {
    return { probation: { ...seen, wellSinceMs: undefined }, verdict: judgeIll(seen, ill, openUntilMs, nowMs) };
  }
  const wellSinceMs = seen.wellSinceMs ?? nowMs;
  const wellUntilMs = wellSinceMs + seen.probationMs;
  const times = [...(nowMs >= wellUntilMs ? [] : [wellUntilMs]), ...openUntilMs];
  const verdict: Verdict = times.length === 0 ? { kind: 'healthy' } : { kind: 'waiting', untilMs: Math.min(...times) };
  return { probation: { ...seen, wellSinceMs }, verdict };
}

function look(probation: Probation, applications: readonly SeenApplication[], nowMs: number): Probation {
  const known = new Map(probation.candidates.map((candidate) => [candidate.report.name, candidate]));
  const candidates = applications.map((report) => {
    const candidate = known.get(report.name);
    if (candidate !== undefined) return seenAgain(candidate, report, nowMs);
    return newCandidate(report, probation.healthOf.get(report.name) ?? {}, nowMs);
  });
  return { ...probation, candidates };
}

function withHeard(probation: Probation, { answers, calls }: Heard): Probation {
  const candidates = probation.candidates.map((candidate) => {
    const { name } = candidate.report;
    const [answered, called] = [answers.get(name), calls.get(name)];
    return {
      ...candidate,
      ...(answered === undefined ? {} : { answered }),
      ...(called === undefined ? {} : { called }),
    };
  });
  return { ...probation, candidates };
}

function judgeIll(
  { probationMs, startedMs }: Probation,
  ill: ApplicationReport,
  openUntilMs: readonly number[],
  nowMs: number,
): Verdict {
  const untilMs = startedMs + Math.max(patience * probationMs, patienceMsMin);
  if (nowMs < untilMs) return { kind: 'waiting', untilMs: Math.min(untilMs, ...openUntilMs) };
  const reason = `${ill.name} ${ill.version} is ${ill.state}, and not all were well for long enough at once`;
  return { kind: 'failing', reason };
}
