import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { nodeFlags } from '../../device-agent/node-flags.ts';
import { median } from '../median.ts';

/** What decoding one patch took, in a process that decodes nothing else. */
export interface Decoding {
  readonly cpuMs: number;
  /** Beyond what the process held before. */
  readonly peakBytes: number;
  readonly processBytes: number;
  readonly units: number;
  readonly end: string;
}

/** The decoder as a device carries it: a bundle, run with the agent's flags. */
export interface Decoder {
  readonly program: string;
  readonly directory: string;
}

/** Bundles the program that decodes, and gives where it is. */
export async function bundleDecoder(directory: string): Promise<Decoder> {
  const entry = fileURLToPath(new URL('decode.ts', import.meta.url));
  const program = `${directory}/decode.mjs`;
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm', minify: true });
  return { program, directory };
}

/** Decodes a patch in a fresh process. */
export function decodeWith({ program, directory }: Decoder, old: Uint8Array, patch: Uint8Array): Decoding {
  const [oldFile, patchFile] = [`${directory}/old`, `${directory}/patch`];
  writeFileSync(oldFile, old);
  writeFileSync(patchFile, patch);
  return JSON.parse(execFileSync(process.execPath, [...nodeFlags, program, oldFile, patchFile], { encoding: 'utf8' }));
}

/** The median of each figure. */
export function middleOf(all: readonly Decoding[]): Decoding {
  const middle = (of: (one: Decoding) => number): number => median(all.map(of));
  return {
    ...all[0]!,
    cpuMs: middle(({ cpuMs }) => cpuMs),
    peakBytes: middle(({ peakBytes }) => peakBytes),
    processBytes: middle(({ processBytes }) => processBytes),
  };
}
