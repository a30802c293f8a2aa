/**
 * WASI preview 1, deny by default: what `GuestWorld` names is there, everything else answers with an error number. The
 * guest holds no reference to anything of the host but these functions.
 */
import { DescriptorTable } from './descriptors.ts';
import { CallFailure, type Errno, errno } from './errno.ts';
import { fileCalls } from './file-calls.ts';
import { GuestMemory } from './guest-memory.ts';
import { pathCalls } from './path-calls.ts';
import { pollCall } from './poll-call.ts';
import { programCalls } from './program-calls.ts';
import type { GuestWorld, SystemCall, SystemCalls } from './world.ts';

/** The one import module an application may use. */
export const wasiModule = 'wasi_snapshot_preview1';

/** Calls that may answer with a promise. */
export const suspendingCalls: ReadonlySet<string> = new Set(['poll_oneoff']);

const changingCalls = [
  'fd_allocate',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  'fd_pwrite',
  'path_create_directory',
  'path_filestat_set_times',
  'path_link',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
];
const socketCalls = ['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'];

/** Calls that are never granted: on a descriptor that is open they say so, on any other EBADF. */
function deniedCalls(descriptors: DescriptorTable): SystemCalls {
  const deny = (answer: Errno) => (number: number) => {
    descriptors.get(number);
    return answer;
  };
  // path_symlink has its descriptor third; its first argument is a pointer.
  const symlink = (_target: number, _length: number, number: number): Errno => deny(errno.notCapable)(number) as Errno;
  return Object.fromEntries<SystemCall>([
    ...changingCalls.map((name) => [name, deny(errno.notCapable)] as const),
    ...socketCalls.map((name) => [name, deny(errno.notSocket)] as const),
    ['path_symlink', symlink],
    ['fd_fdstat_set_rights', deny(errno.notCapable)],
  ]);
}

function guarded(call: SystemCall): SystemCall {
  return (...values) => {
    try {
      return call(...values);
    } catch (error) {
      if (error instanceof CallFailure) return error.errno;
      throw error;
    }
  };
}

/** The import object's functions, and the memory to attach once the module is instantiated. */
export function preview1(world: GuestWorld): { readonly calls: SystemCalls; readonly memory: GuestMemory } {
  const memory = new GuestMemory();
  const descriptors = new DescriptorTable(world.directories);
  const calls = {
    ...deniedCalls(descriptors),
    ...programCalls(world, memory),
    ...fileCalls(world, memory, descriptors),
    ...pathCalls(memory, descriptors),
    ...pollCall(world, memory, descriptors),
  };
  return { calls: Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, guarded(call)])), memory };
}
