// The few calls of WASI preview 1 that this program makes, as its import section names them.

@external('wasi_snapshot_preview1', 'fd_write')
declare function fd_write(descriptor: u32, vectors: usize, count: usize, written: usize): u16;
@external('wasi_snapshot_preview1', 'fd_read')
declare function fd_read(descriptor: u32, vectors: usize, count: usize, read: usize): u16;
@external('wasi_snapshot_preview1', 'path_open')
declare function path_open(
  directory: u32, lookup: u32, path: usize, length: usize, flags: u32, rights: u64, inherited: u64, fdflags: u32, opened: usize,
): u16;
@external('wasi_snapshot_preview1', 'clock_time_get')
declare function clock_time_get(clock: u32, precision: u64, time: usize): u16;
@external('wasi_snapshot_preview1', 'poll_oneoff')
declare function poll_oneoff(subscriptions: usize, events: usize, count: usize, happened: usize): u16;

const STDOUT: u32 = 1;
/** The first preopened directory, which is /config. */
const CONFIG_DIRECTORY: u32 = 3;
const RIGHT_FD_READ: u64 = 1 << 1;
const CONFIG_BYTES_MAX: i32 = 16384;

/** Writes a line to stdout. */
export function printLine(line: string): void {
  const bytes = String.UTF8.encode(line + '\n');
  const vector = new StaticArray<usize>(2);
  vector[0] = changetype<usize>(bytes);
  vector[1] = <usize>bytes.byteLength;
  const written = new StaticArray<usize>(1);
  fd_write(STDOUT, changetype<usize>(vector), 1, changetype<usize>(written));
}

/** The text of /config/config.json; empty when there is none. */
export function readConfig(): string {
  const path = String.UTF8.encode('config.json');
  const opened = new StaticArray<u32>(1);
  const length = <usize>path.byteLength;
  const status = path_open(
    CONFIG_DIRECTORY, 0, changetype<usize>(path), length, 0, RIGHT_FD_READ, 0, 0, changetype<usize>(opened),
  );
  if (status != 0) return '';
  const buffer = new ArrayBuffer(CONFIG_BYTES_MAX);
  const vector = new StaticArray<usize>(2);
  vector[0] = changetype<usize>(buffer);
  vector[1] = <usize>CONFIG_BYTES_MAX;
  const read = new StaticArray<usize>(1);
  if (fd_read(opened[0], changetype<usize>(vector), 1, changetype<usize>(read)) != 0) return '';
  return String.UTF8.decodeUnsafe(changetype<usize>(buffer), read[0]);
}

/** Seconds since the epoch. */
export function now(): f64 {
  const time = new StaticArray<u64>(1);
  clock_time_get(0, 1000000, changetype<usize>(time));
  return <f64>time[0] / 1e9;
}

/** Waits on the monotonic clock. */
export function sleep(seconds: f64): void {
  // A subscription: userdata u64, tag u8 (0: clock) at 8, then at 16 clock id u32, at 24 timeout u64, precision u64, flags u16.
  const subscription = new StaticArray<u64>(6);
  store<u32>(changetype<usize>(subscription) + 16, 1);
  store<u64>(changetype<usize>(subscription) + 24, <u64>(seconds * 1e9));
  const event = new StaticArray<u64>(4);
  const happened = new StaticArray<usize>(1);
  poll_oneoff(changetype<usize>(subscription), changetype<usize>(event), 1, changetype<usize>(happened));
}
