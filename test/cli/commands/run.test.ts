/** `fleet run` with real processes: what goes in, what comes out, how it ends. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { buildModule, op, printer, word } from '../../device-agent/runtime/module-builder.ts';

const fleet = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'fleet-run-'));
test.after.always(() => rmSync(directory, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Writes the module and runs it; `feed` is given the input and closes it. */
function run(
  module: Uint8Array,
  args: readonly string[],
  feed: (stdin: NodeJS.WritableStream) => void = (stdin) => stdin.end(),
): Promise<Ended> {
  const file = join(mkdtempSync(join(directory, 'm-')), 'app.wasm');
  writeFileSync(file, module);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fleet, 'run', file, ...args]);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  feed(child.stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...printed })));
}

/** Copies what it reads to what it writes until the input ends: descriptor 0 to 1, 100 bytes at a time. */
const copier = buildModule({
  imports: [
    { name: 'fd_read', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
    { name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' },
  ],
  functions: {
    _start: [
      op.loop(
        ...[op.i32(0), op.i32(0), op.i32(1), op.i32(12), op.call(0), op.drop],
        // Returns when nothing was read: (br_if to the function's end).
        ...[op.i32(12), [0x28, 2, 0], [0x45], [0x0d, 1]],
        // The length to write is the one that was read.
        ...[op.i32(20), op.i32(12), [0x28, 2, 0], [0x36, 2, 0]],
        ...[op.i32(1), op.i32(16), op.i32(1), op.i32(24), op.call(1), op.drop],
      ),
    ],
  },
  data: { 0: [...word(1000), ...word(100)], 16: [...word(1000), ...word(0)] },
});

/** Makes the file `x` in the first granted directory; its exit code is the error number. */
const maker = buildModule({
  imports: [
    {
      name: 'path_open',
      params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i64', 'i64', 'i32', 'i32'],
      result: 'i32',
    },
    { name: 'proc_exit', params: ['i32'] },
  ],
  functions: {
    _start: [
      ...[op.i32(3), op.i32(0), op.i32(100), op.i32(1), op.i32(1)],
      ...[[0x42, 0xc2, 0x00], [0x42, 0x00], op.i32(0), op.i32(0), op.call(0), op.call(1)],
    ],
  },
  data: { 100: 'x' },
});

test('a program gets its arguments behind --, and its own exit code is the command’s', async (t) => {
  t.deepEqual(await run(printer('ahoy\n', op.i32(42), op.call(1)), ['--', '-v']), {
    code: 42,
    stdout: 'ahoy\n',
    stderr: '',
  });
  t.is((await run(printer('', op.i32(-1), op.call(1)), [])).code, 255);
});

test('a program reads the command’s input as it comes, or the file that --stdin names', async (t) => {
  const typed = await run(copier, [], (stdin) => {
    stdin.write('first ');
    setImmediate(() => stdin.end('second'));
  });
  t.deepEqual(typed, { code: 0, stdout: 'first second', stderr: '' });
  const large = 'x'.repeat(300_000);
  t.is((await run(copier, [], (stdin) => stdin.end(large))).stdout.length, large.length);
  writeFileSync(join(directory, 'input'), 'from a file');
  t.is((await run(copier, ['--stdin', join(directory, 'input')])).stdout, 'from a file');
});

test('a directory is granted for writing, or with :ro for looking, and none is without being named', async (t) => {
  const data = mkdtempSync(join(directory, 'data-'));
  const { code, stderr } = await run(maker, ['--dir', `${data}::/data`, '--report']);
  t.is(code, 0);
  t.is(readFileSync(join(data, 'x'), 'utf8'), '');
  t.like(JSON.parse(stderr), { kind: 'exited', exitCode: 0, bytesWritten: 0, peakMemoryBytes: 65_536 });
  t.is((await run(maker, ['--dir', `${data}::/data:ro`])).code, 76, 'ENOTCAPABLE');
  t.is((await run(maker, [])).code, 8, 'EBADF');
});

test('each end that is not the program’s own has its code and its sentence', async (t) => {
  const forever = buildModule({ functions: { _start: [op.loopForever] } });
  const ends: readonly (readonly [Uint8Array, readonly string[], number, RegExp])[] = [
    [printer('', op.unreachable), [], 134, /trap: unreachable/],
    [forever, ['--fuel', '1_000_000'], 123, /used all its fuel/],
    [forever, ['--time-limit', '300ms', '--report'], 124, /time limit.*\n\{"kind":"time-limit","fuel":[1-9]/],
    [
      buildModule({ functions: { _start: [op.i32(99), [0x40, 0], op.drop, op.unreachable] } }),
      ['--memory', '64KiB'],
      137,
      /needs more memory/,
    ],
    [buildModule({ imports: [{ module: 'env', name: 'gpio' }], functions: { _start: [] } }), [], 126, /env\.gpio/],
    [printer(''), ['--dir', '/does/not/exist::/data'], 1, /could not be started: .*exist/],
  ];
  for (const [module, args, code, sentence] of ends) {
    const ended = await run(module, args);
    t.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    t.regex(ended.stderr, sentence);
  }
});

test('a program goes on in another process from the file that one left, and a damaged file is refused', async (t) => {
  const at = 8;
  const count = [op.i32(at), op.i32(at), [0x2d, 0, 0], op.i32(1), [0x6a], [0x3a, 0, 0]];
  const write = [op.i32(1), op.i32(16), op.i32(1), op.i32(24), op.call(0), op.drop];
  const counter = buildModule({
    imports: [{ name: 'fd_write', params: ['i32', 'i32', 'i32', 'i32'], result: 'i32' }],
    functions: { _initialize: [], count: [...count, ...write] },
    data: { [at]: [64], 16: [...word(at), ...word(1)] },
  });
  const file = join(directory, 'counter.snapshot');
  const carried = ['--invoke', 'count', '--snapshot-to', file];
  t.like(await run(counter, carried), { code: 0, stdout: 'A' });
  t.like(await run(counter, [...carried, '--restore-from', file]), { code: 0, stdout: 'B' });
  writeFileSync(file, readFileSync(file).subarray(0, -1));
  const refused = await run(counter, [...carried, '--restore-from', file]);
  t.is(refused.code, 126);
  t.regex(refused.stderr, /the snapshot does not fit: it is damaged/);
});
