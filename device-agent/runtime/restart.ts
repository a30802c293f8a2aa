/** What comes after an application ended: a pure decision. */
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { failureOf, type RunEnd } from './run-end.ts';

/** What to do next. `attempt` counts the runs that ended early, one after the other. */
export type Next =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'restart'; readonly delayMs: number; readonly attempt: number };

const firstDelayMs = 1_000;
const delayMsMax = 300_000;
/** A run this long is no part of a crash loop. */
const healthyRunMs = 60_000;

/** Exponential, capped, with up to half of it by chance so that a site's devices don't restart in step. */
export function backoffMs(attempt: number, fraction: number): number {
  const ceiling = Math.min(firstDelayMs * 2 ** Math.min(attempt, 30), delayMsMax);
  return Math.round(ceiling * (1 - fraction / 2));
}

export function afterRun(
  policy: DeployedApplication['restart'],
  run: { readonly end: RunEnd; readonly ranMs: number; readonly attempt: number },
  fraction: number,
): Next {
  const hasFailed = failureOf(run.end) !== undefined;
  // What may not run at all will not be allowed to at the next try either.
  if (run.end.kind === 'refused') return { kind: 'failed' };
  if (policy === 'never') return { kind: hasFailed ? 'failed' : 'completed' };
  if (policy === 'on-failure' && !hasFailed) return { kind: 'completed' };
  const attempt = run.ranMs >= healthyRunMs ? 0 : run.attempt;
  return { kind: 'restart', delayMs: backoffMs(attempt, fraction), attempt: attempt + 1 };
}
