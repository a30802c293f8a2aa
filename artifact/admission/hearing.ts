import type { WasmLimits } from '../wasm/limits.ts';
import type { Binary } from '../wasm/module.ts';
import type { AdmissionLimits } from './limits.ts';
import type { ProblemList } from './verdict.ts';

/** What judging one module goes along with. */
export interface Hearing {
  readonly binary: Binary;
  readonly limits: AdmissionLimits;
  /** For the reader: what goes beyond these is not read on. */
  readonly reading: WasmLimits;
  /** Whether it is one of several modules that are linked. */
  readonly isLinked: boolean;
  readonly problems: ProblemList;
}
