import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import { messageMax } from '../protocol.ts';
import { failureOf, type RunEnd } from '../run-end.ts';

/** What a report says of the last end that was a failure: why, where it trapped, what was printed last. */
export function failureReport(
  end: RunEnd | undefined,
  lines: readonly string[],
): Pick<ApplicationReport, 'message' | 'stack' | 'lines'> {
  const failure = end && failureOf(end);
  if (end === undefined || failure === undefined) return {};
  return {
    message: failure.slice(0, messageMax),
    ...(end.kind === 'trapped' && end.stack.length > 0 ? { stack: [...end.stack] } : {}),
    ...(lines.length > 0 ? { lines: [...lines] } : {}),
  };
}
