import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { hangUp } from '../../../platform/node/hang-up.ts';

test('only the program of that name is told, never who has its old number now', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-hang-up-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'pid');
  let told = 0;
  const tell = () => {
    told += 1;
  };
  process.on('SIGHUP', tell);
  t.teardown(() => process.off('SIGHUP', tell));
  t.false(hangUp('mosquitto', file), 'no file');
  for (const content of ['', 'x', '-1', '0', '../1', '99999999', String(process.pid)]) {
    writeFileSync(file, content);
    t.false(hangUp('mosquitto', file), content);
  }
  t.is(told, 0);
});
