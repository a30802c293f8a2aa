import type { ExecutionContext } from 'ava';
import { TrustError, type TrustErrorCode } from '../../../artifact/trust/error.ts';

/** Asserts that something is refused with a code and, where it matters, by a rule. */
export function refused(t: ExecutionContext, judge: () => unknown, code: TrustErrorCode, rule?: string): void {
  const error = t.throws(judge, { instanceOf: TrustError });
  t.is(error?.code, code, error?.message);
  if (rule !== undefined) t.is(error?.rule, rule, error?.message);
}
