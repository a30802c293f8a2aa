import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { packBrotli, unpackBrotli } from '../../artifact/delta/brotli.ts';

/** A general way to turn one file into another: its patch, applied and found right. */
export interface Method {
  readonly name: string;
  readonly size: (old: Uint8Array, fresh: Uint8Array, directory: string) => number;
}

function right(fresh: Uint8Array, result: Uint8Array, name: string): void {
  if (Buffer.compare(fresh, result) !== 0) throw new Error(`${name} did not give the new file back`);
}

type Arguments = (old: string, fresh: string, patch: string) => readonly [string, ...string[]];

const program = (name: string, encode: Arguments, decode: Arguments): Method => ({
  name,
  size: (old, fresh, directory) => {
    const [from, to, patch, result] = ['old', 'new', 'patch', 'result'].map((file) => `${directory}/${file}`) as [
      string,
      string,
      string,
      string,
    ];
    writeFileSync(from, old);
    writeFileSync(to, fresh);
    const run = ([command, ...rest]: readonly [string, ...string[]]) =>
      execFileSync(command, rest, { stdio: 'ignore' });
    run(encode(from, to, patch));
    run(decode(from, result, patch));
    right(fresh, readFileSync(result), name);
    return readFileSync(patch).length;
  },
});

const brotli = (name: string, withOld: boolean): Method => ({
  name,
  size: (old, fresh) => {
    const dictionary = withOld ? old : undefined;
    const packed = packBrotli(fresh, 11, dictionary);
    right(fresh, unpackBrotli(packed, fresh.length, dictionary), name);
    return packed.length;
  },
});

const zstd = ['--long=27', '-q', '-f'] as const;

/** The programs are Debian's packages bsdiff, xdelta3 and zstd. */
export const others: readonly Method[] = [
  brotli('brotli', false),
  brotli('brotli+old', true),
  program(
    'bsdiff',
    (old, fresh, patch) => ['bsdiff', old, fresh, patch],
    (old, fresh, patch) => ['bspatch', old, fresh, patch],
  ),
  program(
    'xdelta3',
    (old, fresh, patch) => ['xdelta3', '-e', '-9', '-S', 'lzma', '-B', '67108864', '-f', '-s', old, fresh, patch],
    (old, fresh, patch) => ['xdelta3', '-d', '-B', '67108864', '-f', '-s', old, patch, fresh],
  ),
  program(
    'zstd',
    (old, fresh, patch) => ['zstd', '-19', ...zstd, `--patch-from=${old}`, fresh, '-o', patch],
    (old, fresh, patch) => ['zstd', '-d', ...zstd, `--patch-from=${old}`, patch, '-o', fresh],
  ),
];
