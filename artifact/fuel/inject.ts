import { type WasmLimits, wasmLimits } from '../wasm/limits.ts';
import { type Binary, sectionId } from '../wasm/module.ts';
import { type ModuleContents, readContents } from '../wasm/read/contents.ts';
import { readBinary, sectionOf } from '../wasm/read/module.ts';
import { type SectionContents, writeBinary } from '../wasm/write/module.ts';
import { AddedTypes } from './added-types.ts';
import { functionNames, staysTrue } from './custom-sections.ts';
import { FuelError } from './error.ts';
import { IndexPatches } from './index-patches.ts';
import { Indices } from './indices.ts';
import { ownFunctions } from './injected.ts';
import type { GrowthLimits } from './limits.ts';
import { meterModule } from './meter.ts';
import { reservedNameProblem } from './reserved-name.ts';
import { type Rewriting, rewriteSections } from './rewrite-sections.ts';
import { signaturesOf } from './signatures.ts';

/**
 * Gives a core module a meter: it counts fuel and call depth as `fuelContract` says, and never grows beyond the limits. The same
 * bytes and limits always give the same module. Throws a FuelError where that can't be, a WasmError where the bytes are
 * no module; what V8 refuses is not looked for.
 */
export function injectFuel(bytes: Uint8Array, growth: GrowthLimits, limits: WasmLimits = wasmLimits): Uint8Array {
  const binary = readBinary(bytes, limits);
  if (binary.kind === 'component')
    throw new FuelError('component', 'a component, of which only the modules can be metered');
  const patches = new IndexPatches(bytes);
  const contents = readContents(binary, limits, patches);
  refuseReserved(contents);
  const signatures = signaturesOf(contents);
  const importedOf = (kind: string): number => contents.imports.filter(({ type }) => type.kind === kind).length;
  const references = referencesOutside(binary, contents, patches);
  const metered = meterModule({ bytes, contents, signatures, references }, limits);
  const threaded = metered.functions.flatMap(({ metering }, number) => (metering.threaded ? [number] : []));
  const rewriting: Rewriting = {
    ...{ bytes, binary, contents, signatures, patches, growth },
    ...metered,
    indices: new Indices(
      importedOf('function'),
      contents.functions.length,
      importedOf('global'),
      ownFunctions,
      threaded,
    ),
    types: new AddedTypes(contents.types),
  };
  return writeBinary('module', inOrder(rewriting, limits));
}

function refuseReserved({ imports, exports }: ModuleContents): void {
  const problem = reservedNameProblem(imports, exports);
  if (problem !== undefined) throw new FuelError('reserved-name', problem);
}

function referencesOutside(binary: Binary, { tables }: ModuleContents, patches: IndexPatches): number[] {
  const [globals, elements] = [sectionId.global, sectionId.element].map((id) => sectionOf(binary, id));
  const spans = [globals, elements, ...tables.map(({ init }) => init)];
  return spans.flatMap((span) => (span === undefined ? [] : patches.functionsIn(span)));
}

// A start function is an export now.
const order: readonly number[] = [
  sectionId.custom,
  ...[sectionId.type, sectionId.import, sectionId.function, sectionId.table, sectionId.memory, sectionId.tag],
  ...[
    sectionId.global,
    sectionId.export,
    sectionId.start,
    sectionId.element,
    sectionId.dataCount,
    sectionId.code,
    sectionId.data,
  ],
];

/** All sections anew; custom ones stay behind the section they stood behind. */
function inOrder(rewriting: Rewriting, limits: WasmLimits): SectionContents[] {
  const { bytes, binary, indices } = rewriting;
  const behind = new Map<number, SectionContents[]>();
  let last: number = sectionId.custom;
  for (const section of binary.sections) {
    if (section.id !== sectionId.custom) last = section.id;
    else if (staysTrue(binary, section, limits)) {
      const { id, payload, end } = section;
      const group = behind.get(last) ?? [];
      group.push({ id, payload: bytes.subarray(payload, end) });
      behind.set(last, group);
    }
  }
  const { sections, hints } = rewriteSections(rewriting);
  const names = functionNames(binary, limits, indices);
  return [
    ...order.flatMap((id) => {
      const payload = sections.get(id);
      const before = id === sectionId.code ? [{ id: sectionId.custom, payload: hints }] : [];
      return [...before, ...(payload === undefined ? [] : [{ id, payload }]), ...(behind.get(id) ?? [])];
    }),
    ...(names === undefined ? [] : [{ id: sectionId.custom, payload: names }]),
  ];
}
