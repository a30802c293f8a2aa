/** Guests that try to get away, each with its text. */
const guests = {
  /** (loop (br 0)) */
  loop: 'AGFzbQEAAAABBAFgAAADAgEABQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAAKCQEHAANADAALCw==',
  /** (func $f (result i64) (i64.add (call $f) (i64.const 1))) (loop $l (block $b (try_table (catch_all $b) (drop (call $f)))) (br $l)) */
  recursionCaught:
    'AGFzbQEAAAABCAJgAAF+YAAAAwMCAAEFAwEAAQcTAgZtZW1vcnkCAAZfc3RhcnQAAQodAgcAEABCAXwLEwADQAJAH0ABAgAQABoLCwwACwsAFgRuYW1lAQQBAAFmAwkBAQIAAWwBAWI=',
  /** (loop $l (block $b (try_table (catch_all $b) (call $proc_exit (i32.const 7)))) (br $l)) */
  exitCaught:
    'AGFzbQEAAAABCAJgAX8AYAAAAiQBFndhc2lfc25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKFgEUAANAAkAfQAECAEEHEAALCwwACwsAFgRuYW1lAQQBAAF4AwkBAQIAAWwBAWI=',
  /** (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) */
  wait: 'AGFzbQEAAAABBAFgAAADAgEABQQBAwEBBxMCBm1lbW9yeQIABl9zdGFydAAACg8BDQBBAEEAQn/+AQIAGgs=',
  /** (memory 65536) (loop $s (br $s)) */
  largeMinimum: 'AGFzbQEAAAABBAFgAAADAgEABQUBAICABAcTAgZtZW1vcnkCAAZfc3RhcnQAAAoJAQcAA0AMAAsLAA0EbmFtZQMGAQABAAFz',
  /** (type $a (array (mut i64))): a loop that keeps arrays of 8,000,000 elements */
  largeArrays:
    'AGFzbQEAAAABCwNefgFeYwABYAAAAwIBAgUDAQABBgcBYwEB0AELBxMCBm1lbW9yeQIABl9zdGFydAAACi0BKwEBf9AAQegH+wYBJAADQCMAIABCB0GApOgD+wYA+w4BIABBAWohAAwACwsAJARuYW1lAgYBAAEAAWkDBgEAAQABeAQHAgABYQEBbAcEAQABZw==',
} as const;

/** The bytes of one of them. */
export function guest(name: keyof typeof guests): Uint8Array {
  return Buffer.from(guests[name], 'base64');
}
