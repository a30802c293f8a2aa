/** Guests that mean no good, or are odd, each with its text beside its bytes, so that no assembler is needed. */
import { inflateSync } from 'node:zlib';

const guests = {
  // never ends
  //   (module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
  loop: 'AGFzbQEAAAABBAFgAAADAgEABQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAAKCQEHAANADAALCw==',
  // overflows the stack
  //   (module (memory (export "memory") 1) (func $f (param i64 i64 i64) (result i64) (i64.add (call $f (local.get 0)(local.get 1)(local.get 2)) (local.get 0))) (func (export "_start") (drop (call $f (i64.const 1)(i64.const 2)(i64.const 3)))))
  recursion:
    'AGFzbQEAAAABCwJgA35+fgF+YAAAAwMCAAEFAwEAAQcTAgZtZW1vcnkCAAZfc3RhcnQAAQobAg0AIAAgASACEAAgAHwLCwBCAUICQgMQABoLAAsEbmFtZQEEAQABZg==',
  // overflows the stack, catches it, again
  //   (module (memory (export "memory") 1) (func $f (result i64) (i64.add (call $f) (i64.const 1))) (func (export "_start") (loop $l (block $b (try_table (catch_all $b) (drop (call $f)))) (br $l))))
  recursion_caught:
    'AGFzbQEAAAABCAJgAAF+YAAAAwMCAAEFAwEAAQcTAgZtZW1vcnkCAAZfc3RhcnQAAQodAgcAEABCAXwLEwADQAJAH0ABAgAQABoLCwwACwsAFgRuYW1lAQQBAAFmAwkBAQIAAWwBAWI=',
  // grows its memory by 16 MiB a step and writes it
  //   (module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (data (i32.const 16) "grown\\0a") (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00") (func (export "_start") (local $p i32) (loop $l (if (i32.ne (memory.grow (i32.const 256)) (i32.const -1)) (then (local.set $p (i32.sub (memory.size) (i32.const 256))) (memory.fill (i32.shl (local.get $p) (i32.const 16)) (i32.const 1) (i32.const 16777216)) (drop (call $w (i32.const 1)(i32.const 0)(i32.const 1)(i32.const 8))) (br $l)))) (loop $s (br $s))))
  grow: 'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKPQE7AQF/A0BBgAJAAEF/RwRAPwBBgAJrIQAgAEEQdEEBQYCAgAj8CwBBAUEAQQFBCBAAGgwBCwsDQAwACwsLGQIAQRALBmdyb3duCgBBAAsIEAAAAAYAAAAAHgRuYW1lAQQBAAF3AgYBAQEAAXADCQEBAgABbAIBcw==',
  // the same with a 64-bit memory
  //   (module (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (memory (export "memory") i64 1) (func (export "_start") (loop $l (if (i64.ne (memory.grow (i64.const 4096)) (i64.const -1)) (then (memory.fill (i64.shl (i64.sub (memory.size)(i64.const 4096)) (i64.const 16)) (i32.const 1) (i64.const 268435456)) (br $l)))) (call $x (i32.wrap_i64 (i64.shr_u (memory.size) (i64.const 12))))))
  grow64:
    'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBBAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKMAEuAANAQoAgQABCf1IEQD8AQoAgfUIQhkEBQoCAgIAB/AsADAELCz8AQgyIpxAACwATBG5hbWUBBAEAAXgDBgEBAQABbA==',
  // 1 kB lines without end
  //   (module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 2) (data (i32.const 0) "\\10\\00\\00\\00\\00\\04\\00\\00") (func (export "_start") (memory.fill (i32.const 16) (i32.const 65) (i32.const 1023)) (i32.store8 (i32.const 1039) (i32.const 10)) (loop $l (drop (call $w (i32.const 1)(i32.const 0)(i32.const 1)(i32.const 8))) (br $l))))
  flood:
    'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAIHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKJwElAEEQQcEAQf8H/AsAQY8IQQo6AAADQEEBQQBBAUEIEAAaDAALCwsOAQBBAAsIEAAAAAAEAAAAEwRuYW1lAQQBAAF3AwYBAQEAAWw=',
  // empty lines without end
  //   (module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 2) (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00") (func (export "_start") (i32.store8 (i32.const 16) (i32.const 10)) (loop $l (drop (call $w (i32.const 1)(i32.const 0)(i32.const 1)(i32.const 8))) (br $l))))
  flood_short:
    'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAIHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKGwEZAEEQQQo6AAADQEEBQQBBAUEIEAAaDAALCwsOAQBBAAsIEAAAAAEAAAAAEwRuYW1lAQQBAAF3AwYBAQEAAWw=',
  // a linked list in the garbage-collected heap
  //   (module (type $a (array (mut i64))) (type $n (struct (field (mut (ref null $n))) (field (ref null $a)))) (memory (export "memory") 1) (global $g (mut (ref null $n)) (ref.null $n)) (func (export "_start") (loop $l (global.set $g (struct.new $n (global.get $g) (array.new $a (i64.const 1) (i32.const 100)))) (br $l))))
  gcbomb:
    'AGFzbQEAAAABDwNefgFfAmMBAWMAAGAAAAMCAQIFAwEAAQYHAWMBAdABCwcTAgZtZW1vcnkCAAZfc3RhcnQAAAoYARYAA0AjAEIBQeQA+wYA+wABJAAMAAsLABwEbmFtZQMGAQABAAFsBAcCAAFhAQFuBwQBAAFn',
  // 64 MB arrays in the garbage-collected heap
  //   (module (type $a (array (mut i64))) (type $l (array (mut (ref null $a)))) (memory (export "memory") 1) (global $g (mut (ref null $l)) (ref.null $l)) (func (export "_start") (local $i i32) (global.set $g (array.new $l (ref.null $a) (i32.const 1000))) (loop $x (array.set $l (global.get $g) (local.get $i) (array.new $a (i64.const 7) (i32.const 8000000))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $x))))
  gcbig:
    'AGFzbQEAAAABCwNefgFeYwABYAAAAwIBAgUDAQABBgcBYwEB0AELBxMCBm1lbW9yeQIABl9zdGFydAAACi0BKwEBf9AAQegH+wYBJAADQCMAIABCB0GApOgD+wYA+w4BIABBAWohAAwACwsAJARuYW1lAgYBAAEAAWkDBgEAAQABeAQHAgABYQEBbAcEAQABZw==',
  // two arrays of half a gigabyte
  //   (module (type $a (array (mut (ref null any)))) (memory (export "memory") 1) (func (export "_start") (drop (array.new $a (ref.null any) (i32.const 134217727))) (drop (array.new $a (ref.null any) (i32.const 30000000)))))
  gchuge:
    'AGFzbQEAAAABBwJebgFgAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAAKGgEYANBuQf///z/7BgAa0G5BgIenDvsGABoLAAsEbmFtZQQEAQABYQ==',
  // grows a table without end
  //   (module (memory (export "memory") 1) (table $t 1 externref) (func (export "_start") (loop $l (br_if $l (i32.ne (table.grow $t (ref.null extern) (i32.const 500000)) (i32.const -1)))) (loop $s (br $s))))
  table:
    'AGFzbQEAAAABBAFgAAADAgEABAQBbwABBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAAKGgEYAANA0G9BoMIe/A8AQX9HDQALA0AMAAsLABYEbmFtZQMJAQACAAFsAQFzBQQBAAF0',
  // fifty tables of ten million entries
  tables:
    'z:eNrN0klOAlEYxPHvvdfdKI0iIg4ooAIOiNrzsNOTKAuXLQm8jUtP4SU08SiewRu4N9FaWVcwqfzzO0DJbFkpEVGOuhcxWonzoqK5qH841yhRtbb2qodqvnjS4t0t7WxhRervjnpz5GN++/P66Xw3pftHRWrSkA7pkh5ZI1fIVbJO+mSDXCPXySa5QbbITbJNbpEdcpvcIXfJPbJL7pMHZI/skwPykDwij8khOSLH5Al5Sp6R5+SEvCCn5CV5RV6TARl2zU1DfF+etfM4qx6Mh1OJWrpfKhJtA6VtqLWNjLaxo23iapt62mY1bfMVbYtVbcu6sWHgI2EDidaQeB1Jmki6gWQtJN9EijZSbhkbBR0k3EaiHSTeRZI9JO0i2T6SHyBFDyn7xsbBAAkPkegIiY+RZIikIyQbI/kJUpwi5ZmxSXCOhBMkukDiKZJcIukVkl0jeYAUIVL+ArG8WuI=',
  // asks for 4 GiB at once
  //   (module (memory (export "memory") 65536) (func (export "_start") (loop $s (br $s))))
  bigmin: 'AGFzbQEAAAABBAFgAAADAgEABQUBAICABAcTAgZtZW1vcnkCAAZfc3RhcnQAAAoJAQcAA0AMAAsLAA0EbmFtZQMGAQABAAFz',
  // waits in memory.atomic.wait32 for ever
  //   (module (memory (export "memory") 1 1 shared) (func (export "_start") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
  wait: 'AGFzbQEAAAABBAFgAAADAgEABQQBAwEBBxMCBm1lbW9yeQIABl9zdGFydAAACg8BDQBBAEEAQn/+AQIAGgs=',
  // proc_exit(-1)
  //   (module (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (memory (export "memory") 1) (func (export "_start") (call $x (i32.const -1))))
  exit_max:
    'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKCAEGAEF/EAALAAsEbmFtZQEEAQABeA==',
  // proc_exit in a catch_all loop
  //   (module (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (memory (export "memory") 1) (func (export "_start") (loop $l (block $b (try_table (catch_all $b) (call $x (i32.const 7)))) (br $l))))
  exit_caught:
    'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKFgEUAANAAkAfQAECAEEHEAALCwwACwsAFgRuYW1lAQQBAAF4AwkBAQIAAWwBAWI=',
  // an exception that nobody catches
  //   (module (memory (export "memory") 1) (tag $e (param i32)) (func (export "_start") (throw $e (i32.const 3))))
  throws: 'AGFzbQEAAAABCAJgAX8AYAAAAwIBAQUDAQABDQMBAAAHEwIGbWVtb3J5AgAGX3N0YXJ0AAAKCAEGAEEDCAALAAsEbmFtZQsEAQABZQ==',
  // sleeps for centuries
  //   (module (import "wasi_snapshot_preview1" "poll_oneoff" (func $p (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (i64.store (i32.const 24) (i64.const 8000000000000000000)) (i32.store (i32.const 16) (i32.const 1)) (drop (call $p (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))
  sleeper:
    'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAImARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxC3BvbGxfb25lb2ZmAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKKAEmAEEYQoCAgNnTs+2C7wA3AwBBEEEBNgIAQQBBgAFBAUGAAhAAGgsACwRuYW1lAQQBAAFw',
  // writes 1,024 times half a gigabyte in one call
  //   (module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 8192) (func (export "_start") (local $i i32) (loop $l (i32.store (i32.shl (local.get $i) (i32.const 3)) (i32.const 0)) (i32.store offset=4 (i32.shl (local.get $i) (i32.const 3)) (i32.const 536870912)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 1024)))) (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 16384)))))
  huge_iov:
    'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQQBAIBABxMCBm1lbW9yeQIABl9zdGFydAABCj4BPAEBfwNAIABBA3RBADYCACAAQQN0QYCAgIACNgIEIABBAWohACAAQYAISQ0AC0EBQQBBgAhBgIABEAAaCwAbBG5hbWUBBAEAAXcCBgEBAQABaQMGAQEBAAFs',
  // the good neighbour: a line every 100 ms
  //   (module (import "wasi_snapshot_preview1" "poll_oneoff" (func $p (param i32 i32 i32 i32) (result i32))) (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (data (i32.const 512) "\\00\\03\\00\\00\\05\\00\\00\\00") (data (i32.const 768) "tick\\0a") (func (export "_start") (loop $l (i64.store (i32.const 24) (i64.const 100000000)) (i32.store (i32.const 16) (i32.const 1)) (drop (call $p (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))) (drop (call $w (i32.const 1)(i32.const 512)(i32.const 1)(i32.const 520))) (br $l))))
  ticker:
    'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAJIAhZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxC3BvbGxfb25lb2ZmAAAWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQhmZF93cml0ZQAAAwIBAQUDAQABBxMCBm1lbW9yeQIABl9zdGFydAACCjQBMgADQEEYQoDC1y83AwBBEEEBNgIAQQBBgAFBAUGAAhAAGkEBQYAEQQFBiAQQARoMAAsLCxoCAEGABAsIAAMAAAUAAAAAQYAGCwV0aWNrCgAWBG5hbWUBBwIAAXABAXcDBgECAQABbA==',
  // imports env.gpio, which no device has
  //   (module (import "env" "gpio" (func)) (memory (export "memory") 1) (func (export "_start") (call 0)))
  gpio: 'AGFzbQEAAAABBAFgAAACDAEDZW52BGdwaW8AAAMCAQAFAwEAAQcTAgZfc3RhcnQAAQZtZW1vcnkCAAoGAQQAEAAL',
};

/** Names of the guests. */
export type HostileGuest = keyof typeof guests;

/** The module of that name. */
export function hostileGuest(name: HostileGuest): Uint8Array {
  const text = guests[name];
  return text.startsWith('z:') ? inflateSync(Buffer.from(text.slice(2), 'base64')) : Buffer.from(text, 'base64');
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

function section(id: number, contents: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.from([id, ...leb(contents.length)]), contents]);
}

/** A command with these bodies, all of functions that take and give nothing. */
function moduleOf(bodies: readonly Uint8Array[]): Uint8Array {
  const sized = bodies.flatMap((body) => [Uint8Array.from(leb(body.length)), body]);
  const exports = [2, 6, ...Buffer.from('_start'), 0, 0, 6, ...Buffer.from('memory'), 2, 0];
  const count = Uint8Array.from(leb(bodies.length));
  return Buffer.concat([
    Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]),
    section(1, Uint8Array.from([1, 0x60, 0, 0])),
    section(3, Buffer.concat([count, new Uint8Array(bodies.length)])),
    section(5, Uint8Array.from([1, 0, 1])),
    section(7, Uint8Array.from(exports)),
    section(10, Buffer.concat([count, ...sized])),
  ]);
}

/** Modules of megabytes that would take long to compile: nested blocks, many functions, one with many locals. */
export const compileBombs: Readonly<Record<'nest' | 'many' | 'big', () => Uint8Array>> = {
  nest: () => {
    const depth = 1_000_000;
    const body = new Uint8Array(1 + depth * 3 + 1).fill(0x0b);
    body[0] = 0;
    for (let at = 0; at < depth; at++) body.set([0x02, 0x40], 1 + 2 * at);
    return moduleOf([body]);
  },
  many: () => moduleOf(Array.from({ length: 500_000 }, () => Uint8Array.of(0, 0x0b))),
  big: () => {
    const sums: number[] = [];
    for (let at = 0; at < 300_000; at++) {
      const [left, right, to] = [(at * 7919) % 40_000, (at * 104_729) % 40_000, (at * 31) % 40_000];
      for (const byte of [0x20, ...leb(left), 0x20, ...leb(right), 0x7c, 0x21, ...leb(to)]) sums.push(byte);
    }
    return moduleOf([Uint8Array.from([1, ...leb(40_000), 0x7e, ...sums, 0x0b])]);
  },
};
