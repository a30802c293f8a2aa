import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { packBrotli, unpackBrotli } from '../../artifact/delta/brotli.ts';

/** A general way to turn one file into another: its patch, applied and found right. */
export interface Method {
  readonly name: string;
  /** Debian's package of the program that does it; none where Node does. */
  readonly debianPackage?: string;
  /** Whether it takes the old file into account. */
  readonly isDelta: boolean;
  readonly size: (old: Uint8Array, fresh: Uint8Array, directory: string) => number;
}

/** Throws where a result is not the new file. */
export function right(fresh: Uint8Array, result: Uint8Array, name: string): void {
  if (Buffer.compare(fresh, result) !== 0) throw new Error(`${name} did not give the new file back`);
}

type Arguments = (old: string, fresh: string, patch: string) => readonly [string, ...string[]];

const program = (name: string, debianPackage: string, encode: Arguments, decode: Arguments): Method => ({
  name,
  debianPackage,
  isDelta: true,
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
  isDelta: withOld,
  size: (old, fresh) => {
    const dictionary = withOld ? old : undefined;
    const packed = packBrotli(fresh, 11, dictionary);
    right(fresh, unpackBrotli(packed, fresh.length, dictionary), name);
    return packed.length;
  },
});

const zstd = ['--long=27', '-q', '-f'] as const;

const methods: readonly Method[] = [
  brotli('brotli', false),
  brotli('brotli+old', true),
  program(
    'bsdiff',
    'bsdiff',
    (old, fresh, patch) => ['bsdiff', old, fresh, patch],
    (old, fresh, patch) => ['bspatch', old, fresh, patch],
  ),
  program(
    'xdelta3',
    'xdelta3',
    (old, fresh, patch) => ['xdelta3', '-e', '-9', '-S', 'lzma', '-B', '67108864', '-f', '-s', old, fresh, patch],
    (old, fresh, patch) => ['xdelta3', '-d', '-B', '67108864', '-f', '-s', old, patch, fresh],
  ),
  program(
    'zstd',
    'zstd',
    (old, fresh, patch) => ['zstd', '-19', ...zstd, `--patch-from=${old}`, fresh, '-o', patch],
    (old, fresh, patch) => ['zstd', '-d', ...zstd, `--patch-from=${old}`, patch, '-o', fresh],
  ),
];

const isInstalled = (program: string): boolean =>
  (process.env.PATH ?? '').split(':').some((directory) => existsSync(`${directory}/${program}`));

/** The general ways that can run here; tells of each that cannot which Debian package brings it. */
export function othersHere(tell: (line: string) => void): readonly Method[] {
  return methods.filter(({ name, debianPackage }) => {
    const isHere = debianPackage === undefined || isInstalled(name);
    if (!isHere) tell(`${name} is not installed and left out; on Debian: apt-get install ${debianPackage}`);
    return isHere;
  });
}
