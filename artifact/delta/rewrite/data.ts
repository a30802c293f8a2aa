import type { Section } from '../../wasm/module.ts';
import { ByteReader } from '../../wasm/read/bytes.ts';
import { dataAddresses } from './addresses.ts';
import { memoryBytes, type RewriteSource } from './source.ts';
import { moveWords } from './words.ts';

/** Writes the data section: places of segments translated, and words in them where the maps say so. */
export function rewriteData(source: RewriteSource, section: Section): void {
  const { binary, contents, translation, transcript, limits } = source;
  const { out } = transcript;
  const moving = translation.maps.regions.starts.length > 0;
  const addresses = moving ? dataAddresses(binary, contents, limits) : new Float64Array();
  const memoryEnd = memoryBytes(contents);
  transcript.begin(section.payload);
  contents.data.forEach(({ offset, contents: { start, end } }, i) => {
    if (offset !== undefined) {
      new ByteReader(binary.bytes, offset.start, offset.end, limits, transcript).expression();
    }
    if (!moving || !(addresses[i]! >= 0)) return;
    transcript.flush(end);
    const written = out.bytes.subarray(out.length - (end - start), out.length);
    moveWords(written, addresses[i]!, translation, memoryEnd);
  });
  transcript.flush(section.end);
}
