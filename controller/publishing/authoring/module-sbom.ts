/** What a module itself says it is made of: a bill of materials in its section `sbom`, else the tools that its section `producers` names. */
import { customSections, type NamedSection } from '../../../artifact/wasm/custom-sections.ts';
import { WasmError } from '../../../artifact/wasm/error.ts';
import { wasmLimits } from '../../../artifact/wasm/limits.ts';
import { ByteReader } from '../../../artifact/wasm/read/bytes.ts';
import { readBinary } from '../../../artifact/wasm/read/module.ts';
import type { ReleaseName } from '../release-path.ts';

/** A bill, and which section it was in or was made from. */
export interface ModuleSbom {
  readonly section: 'sbom' | 'producers';
  readonly bytes: Uint8Array;
}

/** A tool, and what it did. */
interface Producer {
  readonly field: string;
  readonly name: string;
  readonly version: string;
}

function readerOf(bytes: Uint8Array, { section }: NamedSection): ByteReader {
  const reader = new ByteReader(bytes, section.payload, section.end, wasmLimits);
  reader.name();
  return reader;
}

/** `vec(field: name, vec(name, version))`, by the tool conventions. */
function producersOf(reader: ByteReader): Producer[] {
  const producers: Producer[] = [];
  for (let fields = reader.count(); fields > 0; fields -= 1) {
    const field = reader.name();
    for (let values = reader.count(); values > 0; values -= 1)
      producers.push({ field, name: reader.name(), version: reader.name() });
  }
  reader.finish();
  return producers;
}

/** Of the same tools the same bytes: the bill is signed. */
function billOf(producers: readonly Producer[], { name, version }: ReleaseName): Uint8Array {
  const bill = {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    metadata: { component: { type: 'application', name, version } },
    components: producers.map((producer) => ({
      ...{ type: 'application', name: producer.name },
      ...(producer.version === '' ? {} : { version: producer.version }),
      properties: [{ name: 'wasm:producers', value: producer.field }],
    })),
  };
  return new TextEncoder().encode(`${JSON.stringify(bill, undefined, 1)}\n`);
}

/** Undefined where it says nothing, or nothing that can be read. */
export function moduleSbom(bytes: Uint8Array, release: ReleaseName): ModuleSbom | undefined {
  try {
    const sections = customSections(readBinary(bytes, wasmLimits));
    const own = sections.find(({ name }) => name === 'sbom');
    if (own !== undefined) return { section: 'sbom', bytes: bytes.slice(readerOf(bytes, own).at, own.section.end) };
    const made = sections.find(({ name }) => name === 'producers');
    const producers = made === undefined ? [] : producersOf(readerOf(bytes, made));
    return producers.length === 0 ? undefined : { section: 'producers', bytes: billOf(producers, release) };
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}
