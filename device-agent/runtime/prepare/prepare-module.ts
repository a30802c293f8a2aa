/** Makes a module ready to run: judged, metered, its growth bounded. Pure, bytes to bytes. */

import { judgeLinkedModule, judgeModule } from '../../../artifact/admission/judge-module.ts';
import { admissionLimits } from '../../../artifact/admission/limits.ts';
import { memoryShortage } from '../../../artifact/admission/memory-limit.ts';
import type { ModuleNeed } from '../../../artifact/admission/verdict.ts';
import { FuelError, type FuelErrorCode } from '../../../artifact/fuel/error.ts';
import { injectFuel } from '../../../artifact/fuel/inject.ts';
import { sharedBodyBytesMax, sharedBulkPagesMax, sharedInstanceMicrosecondsMax } from '../limits.ts';
import { importedShape } from '../wasi/imported-memory.ts';
import { isMemoryBounded } from './bounded-memory.ts';
import { hasBulkMemory } from './bulk-memory.ts';
import { instanceMicroseconds, instancePartsOf } from './instance-parts.ts';
import { largestBodyBytes } from './largest-body.ts';
import { takeMemoryFromOutside } from './memory-outside.ts';
import type { Traits } from './prepared-store.ts';
import { type ShownMemories, showMemories } from './shown-memories.ts';

/** What became of a module. */
export type Preparation =
  | { readonly kind: 'prepared'; readonly module: Uint8Array; readonly traits: Traits }
  /** `code` says which rule of the meter it breaks, where it is one of those. */
  | { readonly kind: 'refused'; readonly message: string; readonly code?: FuelErrorCode };

const { tableElementsMax } = admissionLimits;

const reasons: Partial<Readonly<Record<ModuleNeed, string>>> = {
  'own-process': 'its module fills a heap of the engine, which only a process can limit',
  'shared-memory': 'its module may block its thread in shared memory',
};

function ownProcessReasons(
  source: Uint8Array,
  memoryPagesMax: number,
  needs: readonly ModuleNeed[],
): readonly string[] {
  const asked = needs.flatMap((need) => reasons[need] ?? []);
  return [...asked, ...largeBodyReason(source), ...largeInstanceReason(source), ...bulkReason(source, memoryPagesMax)];
}

function bulkReason(source: Uint8Array, memoryPagesMax: number): readonly string[] {
  if (memoryPagesMax <= sharedBulkPagesMax || !hasBulkMemory(source)) return [];
  return [`one instruction of its module may fill the ${memoryPagesMax / 16} MiB that its memory may have`];
}

function largeBodyReason(source: Uint8Array): readonly string[] {
  const bytes = largestBodyBytes(source);
  return bytes > sharedBodyBytesMax ? [`its module has a function of ${bytes} bytes to compile at once`] : [];
}

function largeInstanceReason(source: Uint8Array): readonly string[] {
  const parts = instancePartsOf(source);
  if (instanceMicroseconds(parts) <= sharedInstanceMicrosecondsMax) return [];
  const { exports, elements, dataBytes } = parts;
  return [
    `each instance of its module takes ${exports} exports, ${elements} table elements and ${dataBytes} bytes of data`,
  ];
}

/** Prepares a module, one of several or alone, for an application whose memories may grow to so many pages each. */
export function prepareModule(source: Uint8Array, memoryPagesMax: number, isLinked = false): Preparation {
  const verdict = isLinked ? judgeLinkedModule(source) : judgeModule(source);
  if (verdict.kind === 'refused') return { kind: 'refused', message: verdict.problems[0]!.message };
  const shortage = memoryShortage(verdict.start, memoryPagesMax);
  if (shortage !== undefined) return { kind: 'refused', message: shortage };
  return rewriteModule(source, memoryPagesMax, verdict.needs);
}

/** Makes a module ready that was judged already, and needs this. */
export function rewriteModule(source: Uint8Array, memoryPagesMax: number, needs: readonly ModuleNeed[]): Preparation {
  try {
    const metered = injectFuel(source, { memoryPagesMax, tableElementsMax });
    const shown = showMemories(takeMemoryFromOutside(metered));
    const { module } = shown;
    if (!WebAssembly.validate(module)) return { kind: 'refused', message: 'the engine finds it invalid' };
    return { kind: 'prepared', module, traits: traitsOf(source, shown, memoryPagesMax, needs) };
  } catch (error) {
    if (error instanceof FuelError) return { kind: 'refused', message: error.message, code: error.code };
    throw error;
  }
}

function traitsOf(
  source: Uint8Array,
  { module, names }: ShownMemories,
  memoryPagesMax: number,
  needs: readonly ModuleNeed[],
): Traits {
  const importedMemory = importedShape(module);
  return {
    ownProcess: ownProcessReasons(source, memoryPagesMax, needs),
    ...(importedMemory === undefined ? {} : { importedMemory }),
    ...(names.length === 0 ? {} : { hiddenMemories: names }),
    ...(isMemoryBounded(source, memoryPagesMax) ? { isMemoryBounded: true } : {}),
  };
}
