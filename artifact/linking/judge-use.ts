import { exportedSignature } from '../admission/exported-function.ts';
import type { ModuleEntry } from '../admission/verdict.ts';
import { showState, UncapturableState } from '../snapshot/show-state.ts';
import { type ModuleUse, migration } from './module-use.ts';

/** Why a module, whose entry is this, can't be used so; each reason starts with a small letter. */
export function useProblems(bytes: Uint8Array, entry: ModuleEntry, use: ModuleUse): readonly string[] {
  if (use.kind === 'run' || entry === 'library') return [];
  if (use.kind === 'run-for-events')
    return entry === 'command'
      ? []
      : ['it is a reactor, and each event starts a program (_start); events.instance: kept calls what it exports'];
  if (entry === 'command')
    return ['it is a program (_start), which ends; events.instance: kept calls a reactor (_initialize)'];
  return [
    ...calledProblems(bytes, use.handler, 'events.handler'),
    ...(use.asked === undefined ? [] : calledProblems(bytes, use.asked, 'health.call')),
    ...(use.carriedBy.length > 0 ? stateProblems(bytes, use.carriedBy.join(', ')) : []),
    ...(use.isMigrating
      ? Object.values(migration).flatMap((name) => calledProblems(bytes, name, 'handover: migrate'))
      : []),
  ];
}

/** What of its state shows already that it can't be carried over. */
function stateProblems(bytes: Uint8Array, field: string): readonly string[] {
  try {
    showState(bytes, []);
    return [];
  } catch (error) {
    if (!(error instanceof UncapturableState)) throw error;
    return [`its state can not be kept (${field}): ${error.message}`];
  }
}

/** Nothing in, and out nothing or an i32, the exit code of the event. */
const calledSignatures: readonly string[] = ['>', '>i'];

function calledProblems(bytes: Uint8Array, name: string, field: string): readonly string[] {
  const found = exportedSignature(bytes, name);
  if (found.signature === undefined) {
    const names = found.functions.join(', ');
    return [`it exports no function ${name} (${field}); it exports ${names || 'none'}`];
  }
  if (calledSignatures.includes(found.signature)) return [];
  return [`its ${name} (${field}) must take nothing and give nothing or an i32`];
}
