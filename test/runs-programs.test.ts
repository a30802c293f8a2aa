import test from 'ava';
import { runsPrograms } from './runs-programs.ts';

const mount = (options: string, directory = '/dev/shm') => `tmpfs ${directory} tmpfs ${options},size=64k 0 0\n`;

test('tests write to memory only where programs run from it, as it was mounted last', (t) => {
  t.true(runsPrograms(mount('rw,nosuid'), '/dev/shm'));
  t.false(runsPrograms(mount('rw,noexec'), '/dev/shm'));
  t.false(runsPrograms(mount('rw') + mount('rw,noexec'), '/dev/shm'));
  t.false(runsPrograms(mount('rw', '/dev/shm/inner'), '/dev/shm'));
});
