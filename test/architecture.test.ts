/** The rooms as a test: every file keeps to the table of `rooms.ts`, and there are no cycles. */
import test from 'ava';
import { computing, type Room, rooms } from './rooms.ts';
import { type Import, importedFile, importsOf, sources } from './sources.ts';

function covers(room: string, file: string): boolean {
  return file === room || file.startsWith(`${room}/`);
}

function roomOf(file: string): Room | undefined {
  return rooms.filter(({ path }) => covers(path, file)).sort((a, b) => b.path.length - a.path.length)[0];
}

function isAllowedPackage(specifier: string, allowed: readonly string[]): boolean {
  return allowed.some(
    (name) =>
      specifier === name || specifier.startsWith(`${name}/`) || (name === 'node:*' && specifier.startsWith('node:')),
  );
}

/** What is wrong with one import of a file; undefined when nothing is. */
function faultOf(file: string, room: Room, imported: Import): string | undefined {
  const { specifier, typeOnly } = imported;
  const target = importedFile(file, imported);
  if (target !== undefined) {
    if (covers(room.path, target)) return undefined;
    const targetRoom = roomOf(target);
    // A permission for a folder covers its rooms, except the real I/O below platform.
    const permitted = room.imports.some(
      (path) => covers(path, target) && (path === 'platform' ? targetRoom?.path === 'platform' : true),
    );
    return permitted ? undefined : `${file} imports ${target}, but ${room.path} may not: ${room.reason}`;
  }
  if (typeOnly || isAllowedPackage(specifier, [...computing, ...room.packages])) return undefined;
  return `${file} imports ${specifier}, but ${room.path} may not: ${room.reason}`;
}

test('every file lives in a room and imports only what its room may', (t) => {
  const faults = sources.flatMap((file) => {
    const room = roomOf(file);
    if (room === undefined) return [`${file} is in no room`];
    return importsOf(file).flatMap((one) => faultOf(file, room, one) ?? []);
  });
  t.deepEqual(faults, []);
});

test('no import goes round in a circle', (t) => {
  const graph = new Map(
    sources.map((file) => [
      file,
      importsOf(file)
        .filter(({ typeOnly }) => !typeOnly)
        .flatMap((imported) => importedFile(file, imported) ?? []),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  t.deepEqual(cycles, []);
});

test('to plan a change nothing is loaded that only other questions need', (t) => {
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const imported of importsOf(file)) {
      if (imported.typeOnly || imported.isLazy) continue;
      const target = importedFile(file, imported);
      if (target === undefined) loaded.add(imported.specifier);
      else if (sources.includes(target)) visit(target);
    }
  };
  visit('cli/main.ts');
  visit('cli/commands/plan.ts');
  const unasked = ['isomorphic-git', 'yaml', 'cosmiconfig', 'node:http', 'node:https'];
  t.deepEqual(
    [...loaded].filter((one) => unasked.includes(one) || one.startsWith('artifact/wasm/')),
    [],
  );
});
