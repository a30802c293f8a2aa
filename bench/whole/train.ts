/** Writes what a model knows before its first bit: what coding the modules that are tuned on left, one after the other. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packBrotli } from '../../artifact/delta/brotli.ts';
import { BitEncoder } from '../../artifact/delta/coding/range.ts';
import { symbolsOf } from '../../artifact/delta/whole/kinds.ts';
import { openCodec } from '../../artifact/delta/whole/open-codec.ts';
import { type Priors, priorBytes, untrained } from '../../artifact/delta/whole/priors.ts';
import type { SymbolTree } from '../../artifact/delta/whole/trees.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';
import { chooseModules } from './modules.ts';

const packedFile = fileURLToPath(new URL('../../artifact/delta/whole/packed-priors.ts', import.meta.url));

/** A tree that counts the symbols that are come to. */
function counting(tree: SymbolTree, counts: Uint32Array): SymbolTree {
  const children = new Proxy(tree.children, {
    get(target, place) {
      const next = target[Number(place)]!;
      if (next < 0) counts[~next]! += 1;
      return next;
    },
  });
  return { ...tree, children };
}

function learnFrom(priors: Priors): void {
  for (const { open } of chooseModules([]).filter(({ isTunedOn }) => isTunedOn)) {
    const file = open();
    openCodec(new BitEncoder(), new Uint8Array(file.length), file, priors, unboundedWork()).code();
  }
}

/** Trains, and writes the file; gives how many characters it came to. First for what is frequent, then with trees made for that. */
export function train(): number {
  const frequencies = symbolsOf.map((symbols) => new Uint32Array(symbols));
  const even = untrained(frequencies);
  learnFrom({ ...even, trees: even.trees.map((tree, kind) => counting(tree, frequencies[kind]!)) });
  const priors = untrained(frequencies);
  learnFrom(priors);
  const bytes = priorBytes(priors.learnt, frequencies);
  const packed = Buffer.from(packBrotli(bytes, 11)).toString('base64');
  const doc = '/** See priors.ts; written by `npm run bench -- whole --train`. */';
  writeFileSync(packedFile, `${doc}\nexport const packedPriors =\n  '${packed}';\n`);
  return packed.length;
}
