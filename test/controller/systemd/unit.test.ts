import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const unit = readFileSync(new URL('../../../controller/systemd/fleet-controller.service', import.meta.url), 'utf8');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

(hasSystemd ? test : test.skip)('systemd finds no fault in the unit of the controller', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-unit-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'fleet-controller.service');
  writeFileSync(file, unit.replaceAll('/opt/fleet/fleet', process.execPath));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
  // It exits with 0 for a key that it does not know, and says so.
  t.is(stdout + stderr, '');
});
