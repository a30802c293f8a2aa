import { ownFunctions } from './injected.ts';

/**
 * Which function of the module that came in stands at `index` of the one that went out, for stack traces; undefined where
 * it is one of ours or imported. `imported` counts what the module that came in imports.
 */
export function sourceFunction(index: number, imported: number): number | undefined {
  const before = ownFunctions + 1;
  return index < imported + before ? undefined : index - before;
}
