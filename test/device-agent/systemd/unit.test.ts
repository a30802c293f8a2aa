import { readFileSync } from 'node:fs';
import test from 'ava';
import { assertNoFault, systemdTest } from '../../systemd-unit.ts';

const name = 'fleet-agent.service';
const unit = readFileSync(new URL(`../../../device-agent/systemd/${name}`, import.meta.url), 'utf8');

test('the unit has forbidden system calls refused, for the native library tries one and can do without', (t) => {
  t.true(unit.includes('SystemCallFilter='));
  t.regex(unit, /^SystemCallErrorNumber=EPERM$/m);
});

test('the unit bounds what the agent and its applications may take of the device', (t) => {
  for (const key of ['MemoryHigh', 'MemoryMax', 'MemorySwapMax', 'TasksMax', 'LimitNOFILE', 'LimitCORE']) {
    t.regex(unit, new RegExp(`^${key}=[0-9]+%?$`, 'm'));
  }
});

systemdTest('systemd finds no fault in the unit', (t) => {
  assertNoFault(t, name, unit, '/usr/bin/node');
});
