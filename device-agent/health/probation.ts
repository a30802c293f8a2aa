import type { ApplicationReport } from '../../schemas/generated/types.ts';

/** How often an application may fail and be started again during probation. */
export const restartsMax = 2;

/** Applications that never were all well at once for this many times the probation have failed it. */
const patience = 3;

/** At least this long, however short the probation: a slow device needs time to start. */
const patienceMsMin = 60_000;

/** A probation under way. Times are of a clock that never goes back, in milliseconds. */
export interface Probation {
  readonly probationMs: number;
  readonly startedMs: number;
  /** Since when all applications are well; undefined while one is not. */
  readonly wellSinceMs: number | undefined;
  /** Restarts that each application had behind it at the start: those are not held against the deployment. */
  readonly restartsBefore: ReadonlyMap<string, number>;
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'healthy' }
  | { readonly kind: 'failing'; readonly reason: string };

/** Begins a probation with applications as they are right after activation. */
export function beginProbation(
  applications: readonly ApplicationReport[],
  probationSeconds: number,
  nowMs: number,
): Probation {
  return {
    probationMs: probationSeconds * 1000,
    startedMs: nowMs,
    wellSinceMs: undefined,
    restartsBefore: new Map(applications.map(({ name, restarts }) => [name, restarts])),
  };
}

function isWell({ state }: ApplicationReport): boolean {
  return state === 'running' || state === 'completed';
}

/** Why this application proves the deployment bad; undefined while it may still be good. */
function failureOf(application: ApplicationReport, probation: Probation): string | undefined {
  const { name, version, state, message, exitCode } = application;
  const said = message === undefined ? '' : `: ${message}`;
  if (state === 'failed') return `${name} ${version} failed${said}`;
  const restarts = application.restarts - (probation.restartsBefore.get(name) ?? 0);
  // An application that ends well and is started again by its policy does what it should.
  if (restarts > restartsMax && exitCode !== 0) return `${name} ${version} was restarted ${restarts} times${said}`;
  return undefined;
}

/** Looks at the applications once more: the probation as it goes on, and what follows. */
export function observe(
  probation: Probation,
  applications: readonly ApplicationReport[],
  nowMs: number,
): { readonly probation: Probation; readonly verdict: Verdict } {
  for (const application of applications) {
    const reason = failureOf(application, probation);
    if (reason !== undefined) return { probation, verdict: { kind: 'failing', reason } };
  }
  const ill = applications.find((application) => !isWell(application));
  if (ill !== undefined) {
    const patienceMs = Math.max(patience * probation.probationMs, patienceMsMin);
    const untilMs = probation.startedMs + patienceMs;
    const waiting: Verdict = { kind: 'waiting', untilMs };
    const reason = `${ill.name} ${ill.version} is ${ill.state}, and not all were well for long enough at once`;
    const verdict: Verdict = nowMs >= untilMs ? { kind: 'failing', reason } : waiting;
    return { probation: { ...probation, wellSinceMs: undefined }, verdict };
  }
  const wellSinceMs = probation.wellSinceMs ?? nowMs;
  const untilMs = wellSinceMs + probation.probationMs;
  const verdict: Verdict = nowMs >= untilMs ? { kind: 'healthy' } : { kind: 'waiting', untilMs };
  return { probation: { ...probation, wellSinceMs }, verdict };
}
