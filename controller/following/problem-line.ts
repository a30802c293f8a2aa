import type { Problem } from '../../schemas/generated/types.ts';

/** `file:line CODE message`, for one line of a log. */
export function lineOf({ file, line, code, message }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`} ${code} ${message}`;
}
