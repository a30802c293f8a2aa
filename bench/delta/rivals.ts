import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** A delta made without knowing what Wasm is, checked by undoing it. */
export type Rival = { readonly name: string; readonly size: (folder: string, old: Buffer, fresh: Buffer) => number };

type Tool = {
  readonly name: string;
  readonly debian: string;
  readonly make: readonly string[];
  readonly apply: readonly string[];
};

// Each runs in a folder that holds `old` and `new`, writes `patch`, and undoes it into `made`.
const tools: readonly Tool[] = [
  {
    name: 'bsdiff',
    debian: 'bsdiff',
    make: ['bsdiff', 'old', 'new', 'patch'],
    apply: ['bspatch', 'old', 'made', 'patch'],
  },
  {
    name: 'xdelta3',
    debian: 'xdelta3',
    make: ['xdelta3', '-9', '-S', 'lzma', '-B', '134217728', '-f', '-e', '-s', 'old', 'new', 'patch'],
    apply: ['xdelta3', '-f', '-d', '-B', '134217728', '-s', 'old', 'patch', 'made'],
  },
  {
    name: 'zstd',
    debian: 'zstd',
    make: ['zstd', '-q', '-f', '-19', '--long=27', '--patch-from=old', 'new', '-o', 'patch'],
    apply: ['zstd', '-q', '-f', '-d', '--long=27', '--patch-from=old', 'patch', '-o', 'made'],
  },
];

const toolSize = ({ name, debian, make, apply }: Tool, folder: string, fresh: Buffer): number => {
  const run = ([program, ...args]: readonly string[]): void => {
    try {
      execFileSync(program!, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Error(`${program} is not installed; on Debian: apt-get install ${debian}`);
    }
  };
  run(make);
  run(apply);
  if (!readFileSync(join(folder, 'made')).equals(fresh)) throw new Error(`${name} does not lead back to the new file`);
  return readFileSync(join(folder, 'patch')).length;
};

/** Brotli at its strongest, with a window over everything. */
export const brotliSize = (fresh: Buffer, old?: Buffer): number => {
  const dictionary = old === undefined ? {} : { dictionary: old };
  const packed = brotliCompressSync(fresh, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 26,
      [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
      [constants.BROTLI_PARAM_SIZE_HINT]: fresh.length,
    },
    ...dictionary,
  });
  const made = brotliDecompressSync(packed, {
    params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 },
    ...dictionary,
  });
  if (!made.equals(fresh)) throw new Error('brotli does not lead back to the new file');
  return packed.length;
};

/** The general deltas that ours is measured against. */
export const rivals: readonly Rival[] = [
  ...tools.map(
    (tool): Rival => ({
      name: tool.name,
      size: (folder, old, fresh) => {
        writeFileSync(join(folder, 'old'), old);
        writeFileSync(join(folder, 'new'), fresh);
        return toolSize(tool, folder, fresh);
      },
    }),
  ),
  { name: 'brotli -D', size: (_folder, old, fresh) => brotliSize(fresh, old) },
];
