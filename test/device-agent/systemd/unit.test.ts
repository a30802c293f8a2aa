import { readFileSync } from 'node:fs';
import test from 'ava';
import { assertNoFault, systemdTest } from '../../systemd-unit.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../../device-agent/systemd/${name}`, import.meta.url), 'utf8');
const name = 'fleet-agent.service';
const unit = textOf(name);

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
  assertNoFault(t, { [name]: unit }, '/usr/bin/node');
});

const carried = ['fleet-agent-carried.service', 'fleet-agent-carried.path', 'media-fleet.mount'];

systemdTest('systemd finds no fault in the units that take what is carried on a stick', (t) => {
  assertNoFault(t, Object.fromEntries(carried.map((one) => [one, textOf(one)])), '/usr/bin/node');
});

test('nothing of a stick is run, and who reads it can write nowhere else and speak to nobody but the agent', (t) => {
  const [service = '', path = '', mount = ''] = carried.map(textOf);
  t.regex(mount, /^Options=noexec,nosuid,nodev,/m);
  t.regex(mount, /^Type=vfat$/m);
  const place = /^Where=(.*)$/m.exec(mount)![1]!;
  t.is(/^PathChanged=(.*)$/m.exec(path)![1], place);
  for (const line of [
    ...[`ReadWritePaths=-${place}`, `NoExecPaths=-${place}`, 'ProtectSystem=strict', 'PrivateNetwork=yes'],
    ...['RestrictAddressFamilies=AF_UNIX', 'User=fleet', 'NoNewPrivileges=yes', `RequiresMountsFor=${place}`],
  ])
    t.true(service.split('\n').includes(line), line);
});

test('however many files come one after the other, whoever takes them is not given up', (t) => {
  t.regex(textOf('fleet-agent-carried.service'), /^StartLimitIntervalSec=0$/m);
});
