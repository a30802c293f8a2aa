/**
 * WASI preview 1 and its elder, deny by default: what `GuestWorld` names is there, everything else answers with an error
 * number. The guest holds no reference to anything of the host but these functions.
 */
import { descriptorCalls } from './descriptor-calls.ts';
import { errno, errnoOf } from './errno.ts';
import type { Call, Context, Guest } from './guest.ts';
import { type Dialect, preview0Dialect, preview1Dialect } from './layout.ts';
import { pathCalls } from './path-calls.ts';
import { pollCall } from './poll-call.ts';
import { programCalls } from './program-calls.ts';
import { socketCalls } from './socket-calls.ts';
import { transferCalls } from './transfer-calls.ts';

/** Preview 1, as modules import it. */
export const wasiModule = 'wasi_snapshot_preview1';

const calls: Readonly<Record<string, Call>> = {
  ...programCalls,
  ...descriptorCalls,
  ...transferCalls,
  ...pathCalls,
  ...pollCall,
  ...socketCalls,
};
const { sock_accept: _later, ...elderCalls } = calls;

interface Interface {
  readonly calls: Readonly<Record<string, Call>>;
  readonly dialect: Dialect;
}

const interfaces: Readonly<Record<string, Interface>> = {
  [wasiModule]: { calls, dialect: preview1Dialect },
  wasi_unstable: { calls: elderCalls, dialect: preview0Dialect },
};

/** The calls that may answer with a promise where the world can suspend; all others answer at once everywhere. */
export const suspending: ReadonlySet<string> = new Set([
  'fd_close',
  'fd_datasync',
  'fd_pread',
  'fd_pwrite',
  'fd_read',
  'fd_readdir',
  'fd_renumber',
  'fd_sync',
  'fd_write',
  'path_rename',
  'path_unlink_file',
  'poll_oneoff',
  'random_get',
  'sched_yield',
  'sock_accept',
  'sock_recv',
  'sock_send',
]);

/** Whether a module may import this function. */
export function isGranted(from: string, name: string): boolean {
  return Object.hasOwn(interfaces, from) && Object.hasOwn(interfaces[from]!.calls, name);
}

/** A system call as the guest has it: WebAssembly values in, an error number out. */
export type SystemCall = (...values: never[]) => number | Promise<number>;

/** Functions to import by module and name. */
export type SystemCalls = Readonly<Record<string, Readonly<Record<string, SystemCall>>>>;

/** What fails is told by its number. */
function guarded(call: Call, context: Context): SystemCall {
  return (...values) => {
    try {
      const answer = call(context, ...values);
      if (!(answer instanceof Promise)) return answer ?? errno.success;
      return answer.then((number) => number ?? errno.success, errnoOf);
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/** One function that a module imports. */
export interface ImportName {
  readonly module: string;
  readonly name: string;
}

/** The system calls of a guest, only those of `wanted` that there are; its memory is to be attached before they are made. */
export function callsOf(guest: Guest, wanted: readonly ImportName[]): SystemCalls {
  const imports: Record<string, Record<string, SystemCall>> = {};
  for (const { module, name } of wanted) {
    if (!isGranted(module, name)) continue;
    const { calls: named, dialect } = interfaces[module]!;
    imports[module] ??= {};
    imports[module][name] = guarded(named[name]!, { guest, dialect });
  }
  return imports;
}
