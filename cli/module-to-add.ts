/** What a command line names as a release to be: brought from a file or a registry, without what only its author reads, with what it is made of. */
import { AuthoringError } from '../controller/publishing/authoring/authoring-error.ts';
import { moduleSbom } from '../controller/publishing/authoring/module-sbom.ts';
import { pullModule } from '../controller/publishing/authoring/registry/pull-module.ts';
import { isReference, referenceText } from '../controller/publishing/authoring/registry/reference.ts';
import { readSbom } from '../controller/publishing/authoring/sbom.ts';
import {
  type DebugPart,
  type KeptDebug,
  type StrippedModule,
  stripDebug,
} from '../controller/publishing/authoring/strip-debug.ts';
import { readWorkFile, type WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import { type ReleaseName, releaseFile } from '../controller/publishing/release-path.ts';
import { DiskError } from '../platform/ports.ts';
import { type CommandContext, CommandError } from './command.ts';
import { asked, referenceOf, registryPorts } from './registry.ts';
import { bytes as byteCount, plural } from './render/quantities.ts';
import { absolutePath } from './repository.ts';

/** What is to become a release, and what a registry calls it, where it lies in one. */
export interface Taken {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly origin?: string;
}

/** Throws `CommandError`. */
export async function take(context: CommandContext, file: string): Promise<Taken> {
  if (!isReference(file)) return { file, bytes: readFile(context, absolutePath(context, file)) };
  const wanted = await referenceOf(file);
  const { bytes, reference } = await asked(() => pullModule(registryPorts(context, wanted), wanted));
  const origin = referenceText(reference);
  return { bytes, file: origin, origin };
}

function readFile({ disk }: CommandContext, path: string): Uint8Array {
  try {
    return disk.readFile(path);
  } catch (error) {
    if (error instanceof DiskError) throw new CommandError(`cannot read ${error.message}`);
    throw error;
  }
}

function debugList(parts: readonly DebugPart[]): string {
  return parts.map(({ what, bytes }) => `${byteCount(bytes)} of ${what}`).join(', ');
}

/** What became of debug information, in words; nothing where there was none. */
export function debugReport({ taken, left, symbols }: StrippedModule, isLinked: boolean): string[] {
  const why = isLinked ? 'by their names alone devices tell the functions of linked modules apart' : 'as you wish';
  return [
    ...(taken.length === 0 ? [] : [`taken off, for nothing on a device reads it: ${debugList(taken)}`]),
    ...(symbols === undefined ? [] : ['what its functions are called is kept beside it, for `fleet why`']),
    ...(left.length === 0 ? [] : [`travels to every device, ${why}: ${debugList(left)}`]),
  ];
}

/** A bill of what the release is made of, where there is one, and what to say of it. */
export interface FoundSbom {
  /** `isNamed` where a person named it. */
  readonly sbom?: { readonly bytes: Uint8Array; readonly isNamed: boolean };
  readonly notes: readonly string[];
}

function found(bytes: Uint8Array, from: string, isNamed: boolean): FoundSbom {
  const components = plural(readSbom(bytes, from).length, 'component');
  return { sbom: { bytes, isNamed }, notes: [`its SBOM names ${components}, by ${from}`] };
}

/** The bill that is named, else what the module itself says. Throws `AuthoringError` for one that is named and wrong. */
export function sbomOf(
  context: CommandContext,
  named: string | undefined,
  name: ReleaseName,
  module: Uint8Array,
): FoundSbom {
  if (named !== undefined) return found(readFile(context, absolutePath(context, named)), named, true);
  const own = moduleSbom(module, name);
  if (own === undefined) return { notes: [] };
  try {
    return found(own.bytes, `its section ${own.section}`, false);
  } catch (error) {
    if (error instanceof AuthoringError) return { notes: [`nothing is kept of what it is made of: ${error.message}`] };
    throw error;
  }
}

function isThere(tree: WorkTree, name: ReleaseName, bytes: Uint8Array): boolean {
  const before = readWorkFile(tree, releaseFile(name));
  return before !== undefined && Buffer.compare(before, bytes) === 0;
}

/** How a person wants a module released. */
export interface Preparation {
  readonly kept: KeptDebug;
  readonly isOptimized: boolean;
}

/** A module as it is released, and what to say of its making. */
export interface PreparedModule extends StrippedModule {
  readonly notes: readonly string[];
}

/** What is added: the file without debug information, optimized where that is wanted, unless it was released as it is before. */
export async function prepared(
  context: CommandContext,
  [tree, name]: readonly [WorkTree, ReleaseName],
  { bytes }: Taken,
  { kept, isOptimized }: Preparation,
): Promise<PreparedModule> {
  if (isThere(tree, name, bytes)) return { ...stripDebug(bytes, 'all'), notes: [] };
  const plain = stripDebug(bytes, kept);
  if (!isOptimized) return { ...plain, notes: [] };
  // The optimizer is held up by DWARF and gives functions other numbers: it gets the names, to tell which those are.
  const { optimized } = await import('./optimize-module.ts');
  const made = stripDebug(await optimized(context, kept === 'all' ? bytes : stripDebug(bytes, 'names').bytes), kept);
  const notes = [
    `optimized by wasm-opt: ${byteCount(made.bytes.length)}, without that ${byteCount(plain.bytes.length)}`,
  ];
  return { ...made, taken: plain.taken, notes };
}
