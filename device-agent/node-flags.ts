/**
 * Flags of Node that suit an agent. What V8 keeps for speed, one that waits for months need not keep: it works in short bursts,
 * of which only the long ones (a delta) are worth compiling, and that the optimizing compiler does: not what a start repeats a few thousand times,
 * for which seven megabytes of the compiler's own program would be read. Without the heap that Node keeps
 * ready made in its program, a process takes some milliseconds more to start, and four megabytes of that program less for as long as it runs.
 */
export const nodeFlags: readonly string[] = [
  ...['--max-semi-space-size=1', '--v8-pool-size=1', '--single-threaded-gc', '--no-sparkplug', '--no-maglev'],
  '--invocation-count-for-turbofan=6000',
  ...['--no-node-snapshot', '--bytecode-old-age=1', '--expose-gc', '--disable-warning=ExperimentalWarning'],
];
