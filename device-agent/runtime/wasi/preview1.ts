/**
 * WASI preview 1 and its elder, deny by default: what `GuestWorld` names is there, everything else answers with an error
 * number. The guest holds no reference to anything of the host but these functions.
 */
import { descriptorCalls } from './descriptor-calls.ts';
import { errno, errnoOf } from './errno.ts';
import type { Call, Guest } from './guest.ts';
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
const waiting: ReadonlySet<string> = new Set([
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

/** A function of an interface, for any guest. */
export interface SystemCall {
  readonly call: Call;
  readonly dialect: Dialect;
  /** Whether it may answer with a promise. */
  readonly mayWait: boolean;
}

/** The function that is imported under this name, if there is one. */
export function systemCall(from: string, name: string): SystemCall | undefined {
  if (!Object.hasOwn(interfaces, from) || !Object.hasOwn(interfaces[from]!.calls, name)) return undefined;
  const { calls: named, dialect } = interfaces[from]!;
  return { call: named[name]!, dialect, mayWait: waiting.has(name) };
}

/** Makes a call for a guest: WebAssembly values in, an error number out. What fails is told by its number. */
export function answerOf(
  { call, dialect }: SystemCall,
  guest: Guest,
  values: readonly never[],
): number | Promise<number> {
  try {
    const answer = call({ guest, dialect }, ...values);
    if (!(answer instanceof Promise)) return answer ?? errno.success;
    return answer.then((number) => number ?? errno.success, errnoOf);
  } catch (error) {
    return errnoOf(error);
  }
}
