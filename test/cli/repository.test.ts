import test from 'ava';
import type { CommandContext, ParsedArguments } from '../../cli/command.ts';
import { newRepositoryOf, repositoryOf } from '../../cli/repository.ts';
import { SimDisk } from '../sim/sim-disk.ts';

const none: ParsedArguments = { positionals: [], flags: new Set(), values: {}, lists: {} };

function at(directory: string, ...folders: string[]): CommandContext {
  const disk = new SimDisk();
  for (const folder of [directory, ...folders]) {
    for (const [end] of [...folder.matchAll(/\/[^/]+/g)].map(({ index, 0: part }) => [index + part.length])) {
      const path = folder.slice(0, end);
      if (disk.stat(path) === undefined) disk.makeDirectory(path);
    }
  }
  return { disk, directory } as unknown as CommandContext;
}

test('a new trust is made where the command runs, whatever lies above', (t) => {
  t.is(newRepositoryOf(at('/home/ada/new', '/home/ada/trust'), none).directory, '/home/ada/new');
  t.is(newRepositoryOf(at('/home/ada/new', '/home/ada/new/.git'), none).directory, '/home/ada/new');
  t.is(
    newRepositoryOf(at('/home/ada', '/home/ada/x'), { ...none, values: { repository: 'x' } }).directory,
    '/home/ada/x',
  );
});

test('inside of a git repository a new trust is not made beside its top, where nobody would look', (t) => {
  const error = t.throws(() => newRepositoryOf(at('/home/ada/fleet/sub', '/home/ada/fleet/.git'), none));
  t.regex(error?.message ?? '', /inside of the git repository \/home\/ada\/fleet.*No key was made/);
});

test('a folder that happens to be called trust makes no repository', (t) => {
  t.throws(() => repositoryOf(at('/home/ada/new', '/home/ada/trust'), none), {
    message: /is not in a fleet repository/,
  });
  t.is(
    repositoryOf(at('/home/ada/fleet/devices', '/home/ada/fleet/trust/1.root.json'), none).directory,
    '/home/ada/fleet',
  );
});
