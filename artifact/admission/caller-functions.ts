/** The name that a linked module imports from what copies between its memory and that of the module that calls it. */
export const callerModule = 'fleet:caller';

/** Its functions: both take to, from and how many bytes. `read` copies from the caller's memory, `write` to it. */
export const callerFunctions = ['read', 'write'] as const;

/** The signature of one of them, as `wasiSignature` writes it; undefined where there is none of that name. */
export function callerSignature(module: string, name: string): string | undefined {
  return module === callerModule && callerFunctions.some((one) => one === name) ? 'iii>' : undefined;
}
