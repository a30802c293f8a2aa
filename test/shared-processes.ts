/**
 * Which tests can share a process, because none can see that another is there: they compute, and have files in directories of
 * their own. To start a process for each costs more than most of them need to run.
 */
import { computing } from './rooms.ts';
import { type Import, importedFile, importsOf, textOf } from './sources.ts';

/** Files of tests in one process. Much of them runs in one turn of its event loop, in which nothing of them is heard. */
const filesPerProcessMax = 10;

/** What computes, files, and what waits in the Clock port. */
const harmlessBuiltins = [
  ...computing,
  ...['node:fs', 'node:fs/promises', 'node:os', 'node:sqlite', 'node:events', 'node:stream', 'node:timers/promises'],
];

/** Asks the network's module only what an address is. */
const asksWhatAnAddressIs = 'controller/authority/authority.ts';

/** In a test: times that others would stretch, the process, what all share, and an order among the tests of the file. */
const shared =
  /\bset(Timeout|Interval)\b|\bperformance\.|\bprocess\.(?!pid)|\bglobalThis\b|\btest\.(serial|before|after)/;

/** In any file: it is not there at once, and `ava` begins when the first tests are. */
const waitsToBeThere = /^(?!.*\basync\b)\w.*\bawait\b/m;

/** A package whose library is loaded into the process. */
const nativePackage = /^aws-(crt|iot)/;

interface Look {
  /** Whether the file itself, without what it imports of ours, is harmless. */
  readonly harmless: boolean;
  readonly imports: readonly string[];
}

const looks = new Map<string, Look>();

function isHarmless(file: string, { specifier }: Import): boolean {
  if (specifier === 'node:net') return file === asksWhatAnAddressIs;
  return specifier.startsWith('node:') ? harmlessBuiltins.includes(specifier) : !nativePackage.test(specifier);
}

function lookAt(file: string): Look {
  const known = looks.get(file);
  if (known !== undefined) return known;
  const imports = file.endsWith('.ts') ? importsOf(file).filter(({ typeOnly }) => !typeOnly) : [];
  const packages = imports.filter((imported) => importedFile(file, imported) === undefined);
  const text = textOf(file);
  const look = {
    harmless:
      packages.every((imported) => isHarmless(file, imported)) &&
      !waitsToBeThere.test(text) &&
      !(file.startsWith('test/') && shared.test(text)),
    imports: imports.flatMap((imported) => importedFile(file, imported) ?? []),
  };
  looks.set(file, look);
  return look;
}

/** Whether a file of tests, with all that it imports, is there at once and touches nothing that its process has once. */
export function canShare(file: string): boolean {
  const reached = new Set([file]);
  for (const one of reached) {
    const { harmless, imports } = lookAt(one);
    if (!harmless) return false;
    for (const imported of imports) reached.add(imported);
  }
  return true;
}

/** Files of tests by the process that they share: neighbours together, as many in each process of a room as in its others. */
export function byProcess(files: readonly string[]): Map<string, readonly string[]> {
  const byRoom = Map.groupBy(files.toSorted(), (file) => /^test\/([\w-]+)\//.exec(file)?.[1] ?? 'house');
  return new Map(
    [...byRoom].flatMap(([room, all]) => {
      const processes = Math.ceil(all.length / filesPerProcessMax);
      const each = Math.ceil(all.length / processes);
      return Array.from(
        { length: processes },
        (_, index) => [`${room}-${index + 1}`, all.slice(index * each, (index + 1) * each)] as const,
      );
    }),
  );
}
