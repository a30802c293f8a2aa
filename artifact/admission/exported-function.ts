import { wasmLimits } from '../wasm/limits.ts';
import { readBinary } from '../wasm/read/module.ts';
import { admissionLimits } from './limits.ts';
import { judgeParts } from './parts.ts';
import { shownName } from './shown-name.ts';
import { ProblemList } from './verdict.ts';

const listedMax = 8;

/** What a module exports under a name: the signature of that function, as `iI>i`, and the first of all that it exports, for people. */
export interface ExportedFunction {
  readonly signature: string | undefined;
  readonly functions: readonly string[];
}

/** Looks for an exported function of a module. */
export function exportedSignature(bytes: Uint8Array, name: string): ExportedFunction {
  const binary = readBinary(bytes, wasmLimits);
  const hearing = { binary, limits: admissionLimits, isLinked: false, reading: wasmLimits };
  const { exports, types } = judgeParts({ ...hearing, problems: new ProblemList() });
  const functions = exports.filter(({ kind }) => kind === 'function');
  const found = functions.find((one) => one.name === name);
  return {
    signature: found && types.signature(types.typeOfFunction(found.index)),
    functions: functions.slice(0, listedMax).map((one) => shownName(one.name)),
  };
}
