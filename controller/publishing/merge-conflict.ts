/** Signed metadata that git could not merge: as text nobody can, for the result would be signed by nobody. */
import { trustLimits } from '../../artifact/trust/limits.ts';

/** Whether a file holds the marks that git leaves where two sides differ. */
export function isInConflict(bytes: Uint8Array): boolean {
  return /^<{7} /m.test(Buffer.from(bytes.subarray(0, trustLimits.targetsBytesMax)).toString('latin1'));
}

/** What is to be done about a file that does. */
export function conflictMessage(path: string): string {
  return `${path} holds the marks of a merge conflict, which only signers can settle: \`fleet release merge\` does`;
}
