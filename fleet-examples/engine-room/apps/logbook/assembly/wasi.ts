// The few calls of WASI preview 1 that this program makes, as its import section names them.

@external('wasi_snapshot_preview1', 'environ_sizes_get')
declare function environ_sizes_get(count: usize, bytes: usize): u16;
@external('wasi_snapshot_preview1', 'environ_get')
declare function environ_get(pointers: usize, text: usize): u16;
@external('wasi_snapshot_preview1', 'fd_prestat_get')
declare function fd_prestat_get(descriptor: u32, prestat: usize): u16;
@external('wasi_snapshot_preview1', 'fd_prestat_dir_name')
declare function fd_prestat_dir_name(descriptor: u32, path: usize, length: usize): u16;
@external('wasi_snapshot_preview1', 'path_open')
declare function path_open(
  directory: u32, lookup: u32, path: usize, length: usize, flags: u32, rights: u64, inherited: u64, fdflags: u32, opened: usize,
): u16;
@external('wasi_snapshot_preview1', 'fd_read')
declare function fd_read(descriptor: u32, vectors: usize, count: usize, read: usize): u16;
@external('wasi_snapshot_preview1', 'fd_write')
declare function fd_write(descriptor: u32, vectors: usize, count: usize, written: usize): u16;
@external('wasi_snapshot_preview1', 'fd_close')
declare function fd_close(descriptor: u32): u16;

const RIGHT_FD_READ: u64 = 1 << 1;
const RIGHT_FD_WRITE: u64 = 1 << 6;
const CREATE_AND_TRUNCATE: u32 = 1 | 8;
const NO_DESCRIPTOR: u32 = u32.MAX_VALUE;
const FIRST_DIRECTORY: u32 = 3;

/** A variable of the environment; empty where it is not set. */
export function environment(name: string): string {
  const sizes = new StaticArray<usize>(2);
  environ_sizes_get(changetype<usize>(sizes), changetype<usize>(sizes) + sizeof<usize>());
  const pointers = new StaticArray<usize>(<i32>sizes[0]);
  const text = new ArrayBuffer(<i32>sizes[1]);
  environ_get(changetype<usize>(pointers), changetype<usize>(text));
  for (let i = 0; i < pointers.length; i++) {
    const variable = String.UTF8.decodeUnsafe(pointers[i], <usize>sizes[1], true);
    if (variable.startsWith(`${name}=`)) return variable.substring(name.length + 1);
  }
  return '';
}

/** Opens a path below one of the directories that were granted. */
function open(path: string, flags: u32, rights: u64): u32 {
  const prestat = new StaticArray<u32>(2);
  for (let directory = FIRST_DIRECTORY; fd_prestat_get(directory, changetype<usize>(prestat)) == 0; directory++) {
    const name = new ArrayBuffer(prestat[1]);
    fd_prestat_dir_name(directory, changetype<usize>(name), name.byteLength);
    const granted = String.UTF8.decode(name);
    if (!path.startsWith(`${granted}/`)) continue;
    const below = String.UTF8.encode(path.substring(granted.length + 1));
    const opened = new StaticArray<u32>(1);
    const error = path_open(
      directory, 0, changetype<usize>(below), below.byteLength, flags, rights, 0, 0, changetype<usize>(opened),
    );
    return error == 0 ? opened[0] : NO_DESCRIPTOR;
  }
  return NO_DESCRIPTOR;
}

/** Reads a descriptor to its end, or so many bytes. */
export function readAll(descriptor: u32, bytesMax: i32): string {
  const buffer = new ArrayBuffer(bytesMax);
  const vector = new StaticArray<usize>(2);
  const read = new StaticArray<usize>(1);
  let length: usize = 0;
  while (<i32>length < bytesMax) {
    vector[0] = changetype<usize>(buffer) + length;
    vector[1] = <usize>bytesMax - length;
    if (fd_read(descriptor, changetype<usize>(vector), 1, changetype<usize>(read)) != 0 || read[0] == 0) break;
    length += read[0];
  }
  return String.UTF8.decodeUnsafe(changetype<usize>(buffer), length);
}

/** Writes all of a text; false where that can't be. */
export function writeAll(descriptor: u32, text: string): bool {
  const bytes = String.UTF8.encode(text);
  const vector = new StaticArray<usize>(2);
  const written = new StaticArray<usize>(1);
  for (let at: usize = 0; at < <usize>bytes.byteLength; at += written[0]) {
    vector[0] = changetype<usize>(bytes) + at;
    vector[1] = <usize>bytes.byteLength - at;
    if (fd_write(descriptor, changetype<usize>(vector), 1, changetype<usize>(written)) != 0) return false;
  }
  return true;
}

/** The text of a file; empty where there is none. */
export function readText(path: string, bytesMax: i32): string {
  const descriptor = open(path, 0, RIGHT_FD_READ);
  if (descriptor == NO_DESCRIPTOR) return '';
  const text = readAll(descriptor, bytesMax);
  fd_close(descriptor);
  return text;
}

/** Makes this the text of a file; false where that can't be. A key is kept when it is closed. */
export function writeText(path: string, text: string): bool {
  const descriptor = open(path, CREATE_AND_TRUNCATE, RIGHT_FD_WRITE);
  if (descriptor == NO_DESCRIPTOR) return false;
  const isWritten = writeAll(descriptor, text);
  return fd_close(descriptor) == 0 && isWritten;
}
