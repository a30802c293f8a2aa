/**
 * Which tests can share a process, because none can see that another is there. To start a process for each costs more than
 * most of them need to run. Those that compute share theirs with none that wait for what lies outside: these would be late.
 */
import { computing } from './rooms.ts';
import { type Import, importedFile, importsOf, textOf } from './sources.ts';

/** Files of tests in one process. Much of them runs in one turn of its event loop, in which nothing of them is heard. */
const filesPerProcessMax = 16;

/** What computes, files, threads of one's own, what loads more of that, and what waits in the Clock port. */
const computingBuiltins = [
  ...computing,
  ...['node:fs', 'node:fs/promises', 'node:os', 'node:sqlite', 'node:events', 'node:stream', 'node:timers/promises'],
  ...['node:module', 'node:worker_threads'],
];

/** What starts programs and opens connections: those of one test are none of another's. Names are looked up by few threads for all. */
const outsideBuiltins = [
  ...['node:child_process', 'node:readline', 'node:stream/consumers', 'node:stream/promises'],
  ...['node:net', 'node:tls', 'node:http', 'node:https', 'node:dgram', 'node:dns/promises', 'node:ffi'],
];

/** Asks the network's module only what an address is. */
const asksWhatAnAddressIs = 'controller/authority/authority.ts';

/** In a test: what keeps its file alone. */
const lonely: readonly RegExp[] = [
  // Times that others would stretch; a timer that does nothing only keeps the process.
  /\bset(Timeout|Interval)\b(?!\(\(\) => \{\})|\bperformance\./,
  // What the process has once, but what it was started with.
  /(?<![\w-])process\.(?!(pid|execPath|env(?!\.\w+ = )|nextTick)\b)\w|\bglobalThis\b/,
  // An order among the tests of the file.
  /\btest\.(serial|before|after)/,
];

/** In any file: it is not there at once, and `ava` begins when the first tests are. */
const waitsToBeThere = /^(?!.*\basync\b)\w.*\bawait\b/m;

/** A package whose library is loaded into the process. */
const nativePackage = /^aws-(crt|iot)/;

/** A whole world is minutes of computing, which no other file waits for. */
const world = 'test/sim/world.ts';

/** With whom a file of tests can share a process: with others of its kind, or with none. */
export type Company = 'computing' | 'outside' | 'none';

interface Look {
  /** Of the file itself, without what it imports of ours. */
  readonly company: Company;
  readonly imports: readonly string[];
}

const looks = new Map<string, Look>();

function companyWith(file: string, { specifier }: Import): Company {
  if (!specifier.startsWith('node:')) return nativePackage.test(specifier) ? 'none' : 'computing';
  if (computingBuiltins.includes(specifier) || file === asksWhatAnAddressIs) return 'computing';
  return outsideBuiltins.includes(specifier) ? 'outside' : 'none';
}

/** What becomes of those that are together. */
function least(companies: readonly Company[]): Company {
  return (['none', 'outside'] as const).find((company) => companies.includes(company)) ?? 'computing';
}

function lookAt(file: string): Look {
  const known = looks.get(file);
  if (known !== undefined) return known;
  const imports = file.endsWith('.ts') ? importsOf(file).filter(({ typeOnly }) => !typeOnly) : [];
  const packages = imports.filter((imported) => importedFile(file, imported) === undefined);
  const text = textOf(file);
  const isLonely = file.startsWith('test/') && lonely.some((pattern) => pattern.test(text));
  const isAlone = isLonely || file === world || waitsToBeThere.test(text);
  const look = {
    company: isAlone ? 'none' : least(packages.map((imported) => companyWith(file, imported))),
    imports: imports.flatMap((imported) => importedFile(file, imported) ?? []),
  } as const;
  looks.set(file, look);
  return look;
}

/** With whom a file of tests, with all that it imports, can share a process: it is there at once and touches nothing that its process has once. */
export function companyOf(file: string): Company {
  const reached = new Set([file]);
  for (const one of reached) for (const imported of lookAt(one).imports) reached.add(imported);
  return least([...reached].map((one) => lookAt(one).company));
}

/** Files of tests by the process that they share: neighbours together, as many in each process of a room as in its others. */
export function byProcess(files: readonly string[]): Map<string, readonly string[]> {
  const byRoom = Map.groupBy(files.toSorted(), (file) => {
    const room = /^test\/([\w-]+)\//.exec(file)?.[1] ?? 'house';
    return companyOf(file) === 'outside' ? `${room}-outside` : room;
  });
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
