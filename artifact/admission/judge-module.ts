import { WasmError } from '../wasm/error.ts';
import { wasmLimits } from '../wasm/limits.ts';
import { limitsFlag } from '../wasm/module.ts';
import { readBinary } from '../wasm/read/module.ts';
import { judgeBodies } from './bodies.ts';
import { engineProblem } from './engine-verdict.ts';
import type { Hearing } from './hearing.ts';
import { type AdmissionLimits, admissionLimits } from './limits.ts';
import { judgeParts, type ModuleParts } from './parts.ts';
import { judgeSurface } from './surface.ts';
import { type ModuleNeed, ProblemList, type Verdict } from './verdict.ts';
import { unstableModule } from './wasi-functions.ts';

/**
 * Says whether a module can run on a device: by its form, its size, what compiling it would cost, what it imports and how
 * it is started. One pass over the bytes, and the engine's word that its types agree; nothing of it is compiled.
 */
export function judgeModule(bytes: Uint8Array, limits: AdmissionLimits = admissionLimits): Verdict {
  return judgePart(bytes, limits, false);
}

/** As `judgeModule`, of one module among several of an application: whether the others have what it imports is another matter. */
export function judgeLinkedModule(bytes: Uint8Array, limits: AdmissionLimits = admissionLimits): Verdict {
  return judgePart(bytes, limits, true);
}

function judgePart(bytes: Uint8Array, limits: AdmissionLimits, isLinked: boolean): Verdict {
  const problems = new ProblemList();
  if (bytes.length > limits.moduleBytesMax) {
    problems.add('TOO_LARGE', 0, `it has ${bytes.length} bytes, at most ${limits.moduleBytesMax} can be released`);
    return problems.refusal()!;
  }
  try {
    return judge(bytes, limits, isLinked, problems);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    problems.add(error.code === 'too-large' ? 'TOO_MANY' : 'NOT_WASM', error.offset, error.message);
    return problems.refusal()!;
  }
}

function judge(bytes: Uint8Array, limits: AdmissionLimits, isLinked: boolean, problems: ProblemList): Verdict {
  const { localsMax, branchTargetsMax } = limits;
  const reading = { ...wasmLimits, localsMax, branchTargetsMax };
  const hearing: Hearing = { binary: readBinary(bytes, reading), limits, reading, isLinked, problems };
  if (hearing.binary.kind === 'component') {
    problems.add('IS_COMPONENT', 4, 'it is a component; devices run core modules: build it for wasm32-wasip1');
    return problems.refusal()!;
  }
  const parts = judgeParts(hearing);
  const entry = judgeSurface(hearing, parts);
  // Where there is too much of anything, walking it is what was to be spared.
  if (problems.isEmpty) judgeBodies(hearing, parts.types);
  if (problems.isEmpty) judgeTypes(hearing);
  const memoryPages = parts.memories.reduce((sum, { minimum }) => sum + minimum, 0);
  return (
    problems.refusal() ?? {
      kind: 'runs',
      entry,
      needs: needsOf(parts, limits),
      start: { memoryPages, tableElements: parts.tableElements },
      imports: [...new Set(parts.imports.map(({ module }) => module))].sort(),
    }
  );
}

/** Last, and by the engine itself: by now it is known what that may cost. */
function judgeTypes({ binary, problems }: Hearing): void {
  const problem = engineProblem(binary.bytes);
  if (problem !== undefined) problems.add('NOT_VALID', 0, problem);
}

function needsOf(
  { types, imports, memories, keepsExceptions }: ModuleParts,
  { sharedExceptionValuesMax }: AdmissionLimits,
): readonly ModuleNeed[] {
  const needs: Readonly<Record<ModuleNeed, boolean>> = {
    'own-process': keepsExceptions || types.fillsHeap(sharedExceptionValuesMax),
    'imported-memory': imports.some(({ type }) => type.kind === 'memory'),
    'shared-memory': memories.some(({ flags }) => (flags & limitsFlag.shared) !== 0),
    memory64: memories.some(({ flags }) => (flags & limitsFlag.wide) !== 0),
    'wasi-unstable': imports.some(({ module }) => module === unstableModule),
  };
  return (Object.keys(needs) as ModuleNeed[]).filter((need) => needs[need]);
}
