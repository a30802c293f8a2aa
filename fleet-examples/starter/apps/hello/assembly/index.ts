// The smallest application worth deploying: says hello from where it runs, again and again. Plain WASI preview 1.

@external('wasi_snapshot_preview1', 'fd_write')
declare function fd_write(descriptor: u32, vectors: usize, count: usize, written: usize): u16;
@external('wasi_snapshot_preview1', 'environ_sizes_get')
declare function environ_sizes_get(count: usize, bytes: usize): u16;
@external('wasi_snapshot_preview1', 'environ_get')
declare function environ_get(pointers: usize, buffer: usize): u16;
@external('wasi_snapshot_preview1', 'poll_oneoff')
declare function poll_oneoff(subscriptions: usize, events: usize, count: usize, happened: usize): u16;

function printLine(line: string): void {
  const bytes = String.UTF8.encode(line + '\n');
  const vector = new StaticArray<usize>(2);
  vector[0] = changetype<usize>(bytes);
  vector[1] = <usize>bytes.byteLength;
  const written = new StaticArray<usize>(1);
  fd_write(1, changetype<usize>(vector), 1, changetype<usize>(written));
}

function environment(name: string, otherwise: string): string {
  const sizes = new StaticArray<u32>(2);
  environ_sizes_get(changetype<usize>(sizes), changetype<usize>(sizes) + 4);
  const pointers = new ArrayBuffer(<i32>sizes[0] * 4);
  const buffer = new ArrayBuffer(<i32>sizes[1]);
  environ_get(changetype<usize>(pointers), changetype<usize>(buffer));
  for (let at: u32 = 0; at < sizes[0]; at++) {
    const pair = String.UTF8.decodeUnsafe(load<u32>(changetype<usize>(pointers) + at * 4), 4096, true);
    if (pair.startsWith(name + '=')) return pair.substring(name.length + 1);
  }
  return otherwise;
}

function sleep(seconds: u64): void {
  // A subscription of 48 bytes: tag u8 (0: clock) at 8, clock id u32 at 16, timeout in nanoseconds u64 at 24.
  const subscription = new StaticArray<u64>(6);
  store<u32>(changetype<usize>(subscription) + 16, 1);
  store<u64>(changetype<usize>(subscription) + 24, seconds * 1000000000);
  const event = new StaticArray<u64>(4);
  const happened = new StaticArray<usize>(1);
  poll_oneoff(changetype<usize>(subscription), changetype<usize>(event), 1, changetype<usize>(happened));
}

export function _start(): void {
  const place = environment('PLACE', 'somewhere');
  for (;;) {
    printLine('hello from ' + place);
    sleep(10);
  }
}
