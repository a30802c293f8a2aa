import type { Disk } from '../../platform/ports.ts';
import { isLine } from './grants/machine-places.ts';
import { openPreparedModules, type PreparedModules } from './prepare/readiness.ts';
import { type RuntimeOptions, SupervisedRuntime } from './supervised-runtime.ts';

/** The machine's part of a runtime, and where its programs and files are. */
export interface OpenRuntimeOptions extends Omit<RuntimeOptions, 'prepared' | 'isLine'> {
  readonly disk: Disk;
  /** The program that prepares modules. */
  readonly prepareFile: string;
  readonly preparedDirectory: string;
}

/** Puts a runtime together, beside what makes its modules ready; no process is started before something is to run. */
export function openRuntime(options: OpenRuntimeOptions): {
  readonly prepared: PreparedModules;
  readonly runtime: SupervisedRuntime;
} {
  const { disk, processes, clock, prepareFile, preparedDirectory } = options;
  const prepared = openPreparedModules({ disk, processes, clock, file: prepareFile }, preparedDirectory);
  return { prepared, runtime: new SupervisedRuntime({ ...options, prepared, isLine: (place) => isLine(disk, place) }) };
}
