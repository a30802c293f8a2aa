import { immediate } from '../../wasm/immediates.ts';
import type { Section } from '../../wasm/module.ts';
import { type FunctionNames, readFunctionNames } from '../../wasm/read/names.ts';
import { unsignedWidth } from './output.ts';
import type { RewriteSource } from './source.ts';

/** Writes a custom section: names of functions by their new numbers and in that order, all else as it is. */
export function rewriteCustom(source: RewriteSource, section: Section, names: FunctionNames | undefined): void {
  const { transcript } = source;
  transcript.begin(section.payload);
  if (names?.section === section) {
    transcript.flush(names.start);
    writeNames(source, names);
    transcript.begin(names.end);
  }
  transcript.flush(section.end);
}

/** The function names of the module that is rewritten. */
export function namesOf({ binary, limits }: RewriteSource): FunctionNames | undefined {
  return readFunctionNames(binary, limits);
}

function writeNames(
  { binary, translation, transcript: { out } }: RewriteSource,
  { start, entries }: FunctionNames,
): void {
  const width = sizeWidth(binary.bytes, start);
  const mark = out.open(width);
  const moved = entries.map((entry) => ({ ...entry, to: translation.translate(immediate.func, entry.index) }));
  // Names of functions that are gone come last: their old numbers say nothing.
  const gone = ({ index }: { readonly index: number }): number => ((translation.functions[index] ?? -1) < 0 ? 1 : 0);
  moved.sort((a, b) => gone(a) - gone(b) || a.to - b.to || a.index - b.index);
  out.unsigned(entries.length, 1);
  for (const entry of moved) {
    const oldWidth = sizeWidth(binary.bytes, entry.start);
    out.unsigned(entry.to, unsignedWidth(entry.index, oldWidth));
    out.copy(binary.bytes, entry.start + oldWidth, entry.end);
  }
  out.close(mark, width);
}

// Bytes of the number at an offset where one was read before.
function sizeWidth(bytes: Uint8Array, at: number): number {
  let width = 1;
  while (bytes[at + width - 1]! >= 128) width++;
  return width;
}
