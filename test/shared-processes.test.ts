import test from 'ava';
import { byProcess, canShare } from './shared-processes.ts';
import { walk } from './sources.ts';

const files = walk('test').filter((file) => file.endsWith('.test.ts'));

test('tests share a process only where they start none, open no connection, measure no time and wait for nothing to be there', (t) => {
  for (const file of [
    'test/artifact/wasm/module.test.ts',
    'test/controller/planning/plan-device.test.ts',
    'test/controller/engine/rows.test.ts',
  ]) {
    t.true(canShare(file), file);
  }
  for (const file of [
    'test/crash/processes.test.ts',
    'test/crash/update.test.ts',
    'test/controller/doors/mqtt/sdk.test.ts',
    'test/device-agent/transport/month.test.ts',
    'test/platform/node/lock.test.ts',
    'test/artifact/fuel/counters.test.ts',
  ]) {
    t.false(canShare(file), file);
  }
});

test('each file of tests that can share runs in one process, in none with too many others', (t) => {
  const sharing = files.filter(canShare);
  const shared = [...byProcess(sharing).values()];
  t.deepEqual(shared.flat().toSorted(), sharing.toSorted());
  t.true(shared.every(({ length }) => length > 0 && length <= 10));
  t.true(shared.length * 5 < sharing.length);
});
