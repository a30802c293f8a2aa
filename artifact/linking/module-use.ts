import { exportedSignature } from '../admission/exported-function.ts';
import type { ModuleEntry } from '../admission/verdict.ts';
import { showState, UncapturableState } from '../snapshot/show-state.ts';

/** How an application uses its own module: it runs it, runs it for each event, or starts it once and calls it for each. */
export type ModuleUse =
  | { readonly kind: 'run' }
  | { readonly kind: 'run-for-events' }
  | {
      readonly kind: 'called';
      readonly handler: string;
      /** Whether its state is to be carried from one instance to another. */
      readonly isCarried: boolean;
    };

/** What of an application, as a manifest or a deployment has it, decides the use of its module. */
interface Used {
  readonly trigger?: object;
  readonly events?: { readonly instance?: 'fresh' | 'kept'; readonly handler?: string; readonly snapshots?: object };
}

/** The use that it makes of the module. */
export function moduleUse({ trigger, events }: Used): ModuleUse {
  if (trigger === undefined) return { kind: 'run' };
  if (events?.instance !== 'kept') return { kind: 'run-for-events' };
  return { kind: 'called', handler: events.handler ?? '', isCarried: events.snapshots !== undefined };
}

/** Why a module, whose entry is this, can't be used so; each reason starts with a small letter. */
export function useProblems(bytes: Uint8Array, entry: ModuleEntry, use: ModuleUse): readonly string[] {
  if (use.kind === 'run' || entry === 'library') return [];
  if (use.kind === 'run-for-events')
    return entry === 'command'
      ? []
      : ['it is a reactor, and each event starts a program (_start); events.instance: kept calls what it exports'];
  if (entry === 'command')
    return ['it is a program (_start), which ends; events.instance: kept calls a reactor (_initialize)'];
  return [...handlerProblems(bytes, use.handler), ...(use.isCarried ? stateProblems(bytes) : [])];
}

/** What of its state shows already that it can't be carried over. */
function stateProblems(bytes: Uint8Array): readonly string[] {
  try {
    showState(bytes);
    return [];
  } catch (error) {
    if (!(error instanceof UncapturableState)) throw error;
    return [`its state can not be kept (events.snapshots): ${error.message}`];
  }
}

/** Nothing in, and out nothing or an i32, the exit code of the event. */
const handlerSignatures: readonly string[] = ['>', '>i'];

function handlerProblems(bytes: Uint8Array, handler: string): readonly string[] {
  const found = exportedSignature(bytes, handler);
  if (found.signature === undefined) {
    const names = found.functions.slice(0, 8).join(', ');
    return [`it exports no function ${handler} (events.handler); it exports ${names || 'none'}`];
  }
  if (handlerSignatures.includes(found.signature)) return [];
  return [`its ${handler} (events.handler) must take nothing and give nothing or an i32`];
}
