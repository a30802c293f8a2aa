import test from 'ava';
import { onlyComputes, sharing } from './computing-tests.ts';
import { walk } from './sources.ts';

const files = walk('test').filter((file) => file.endsWith('.test.ts'));

test('tests share a process only where they start none, open no connection and wait for no clock', (t) => {
  for (const file of ['test/artifact/wasm/module.test.ts', 'test/controller/planning/plan-device.test.ts']) {
    t.true(onlyComputes(file), file);
  }
  for (const file of [
    'test/crash/processes.test.ts',
    'test/crash/update.test.ts',
    'test/controller/doors/mqtt/sdk.test.ts',
    'test/device-agent/transport/month.test.ts',
    'test/platform/node/lock.test.ts',
  ]) {
    t.false(onlyComputes(file), file);
  }
});

test('each file of tests that only compute runs in one process, in none with too many others', (t) => {
  const computing = files.filter(onlyComputes);
  const shared = [...sharing(computing).values()];
  t.deepEqual(shared.flat().toSorted(), computing.toSorted());
  t.true(shared.every(({ length }) => length > 0 && length <= 10));
  t.true(shared.length * 5 < computing.length);
});
