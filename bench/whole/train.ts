/** Writes what a model knows before its first bit: what coding the modules that are tuned on left, one after the other. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packBrotli } from '../../artifact/delta/brotli.ts';
import { BitEncoder } from '../../artifact/delta/coding/range.ts';
import { WholeCodec } from '../../artifact/delta/whole/codec.ts';
import { Coding } from '../../artifact/delta/whole/coding.ts';
import { Kernel } from '../../artifact/delta/whole/kernel.ts';
import { symbolsOf } from '../../artifact/delta/whole/kinds.ts';
import type { Learnt } from '../../artifact/delta/whole/learnt.ts';
import { Model } from '../../artifact/delta/whole/model.ts';
import { type Priors, priorBytes, untrained } from '../../artifact/delta/whole/priors.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';
import { chooseModules } from './modules.ts';

const packedFile = fileURLToPath(new URL('../../artifact/delta/whole/packed-priors.ts', import.meta.url));

/** A model that counts the symbols that are come to. */
class CountingModel extends Model {
  readonly #frequencies: readonly Uint32Array[];

  constructor(kernel: Kernel, frequencies: readonly Uint32Array[]) {
    super(kernel, new BitEncoder(), unboundedWork());
    this.#frequencies = frequencies;
  }

  override symbol(...call: Parameters<Model['symbol']>): number {
    const symbol = super.symbol(...call);
    this.#frequencies[call[1]]![symbol]! += 1;
    return symbol;
  }
}

/** What was learnt of all modules, one after the other; the symbols are counted. */
function learnFrom(before: Priors, frequencies: readonly Uint32Array[]): Learnt {
  let { learnt } = before;
  for (const { open } of chooseModules([]).filter(({ isTunedOn }) => isTunedOn)) {
    const file = open();
    const kernel = new Kernel(file.length, { ...before, learnt }, undefined);
    new WholeCodec(new Coding(new CountingModel(kernel, frequencies), new Uint8Array(file.length), file)).code();
    learnt = kernel.learnt();
  }
  return learnt;
}

/** Trains, and writes the file; gives how many characters it came to. First for what is frequent, then with trees made for that. */
export function train(): number {
  const frequencies = symbolsOf.map((symbols) => new Uint32Array(symbols));
  learnFrom(untrained(frequencies), frequencies);
  const counted = frequencies.map((list) => list.slice());
  const bytes = priorBytes(learnFrom(untrained(counted), frequencies), counted);
  const packed = Buffer.from(packBrotli(bytes, 11)).toString('base64');
  const doc = '/** See priors.ts; written by `npm run bench -- whole --train`. */';
  writeFileSync(packedFile, `${doc}\nexport const packedPriors =\n  '${packed}';\n`);
  return packed.length;
}
