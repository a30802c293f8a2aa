import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const unit = readFileSync(new URL('../../../device-agent/systemd/fleet-agent.service', import.meta.url), 'utf8');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test('the unit has forbidden system calls refused, for the native library tries one and can do without', (t) => {
  t.true(unit.includes('SystemCallFilter='));
  t.regex(unit, /^SystemCallErrorNumber=EPERM$/m);
});

test('the unit bounds what the agent and its applications may take of the device', (t) => {
  for (const key of ['MemoryHigh', 'MemoryMax', 'MemorySwapMax', 'TasksMax', 'LimitNOFILE', 'LimitCORE']) {
    t.regex(unit, new RegExp(`^${key}=[0-9]+%?$`, 'm'));
  }
});

(hasSystemd ? test : test.skip)('systemd finds no fault in the unit', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-unit-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'fleet-agent.service');
  writeFileSync(file, unit.replaceAll('/usr/bin/node', process.execPath));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  t.is(status, 0, stdout + stderr);
});
