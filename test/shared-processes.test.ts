import test from 'ava';
import { byProcess, type Company, companyOf } from './shared-processes.ts';
import { walk } from './sources.ts';

const files = walk('test').filter((file) => file.endsWith('.test.ts'));

const kinds: readonly (readonly [company: Company, title: string, examples: readonly string[]])[] = [
  [
    'computing',
    'tests that only compute share a process, with files and threads of their own too',
    [
      'test/artifact/wasm/module.test.ts',
      'test/controller/planning/plan-device.test.ts',
      'test/controller/engine/rows.test.ts',
      'test/controller/manifests/selector.test.ts',
      'test/device-agent/runtime/run/run-module.test.ts',
      'test/sim/messages-month.test.ts',
    ],
  ],
  [
    'outside',
    'tests that start programs or open connections share a process with others that do',
    ['test/controller/source/named-commit.test.ts', 'test/platform/node/launcher.test.ts'],
  ],
  [
    'none',
    'tests that measure time, change their process, stand in an order, live for long or are not there at once are alone',
    [
      'test/crash/processes.test.ts',
      'test/crash/update.test.ts',
      'test/crash/controller-killed.test.ts',
      'test/controller/doors/mqtt/sdk.test.ts',
      'test/device-agent/transport/month.test.ts',
      'test/platform/node/lock.test.ts',
      'test/platform/node/git-commit.test.ts',
      'test/artifact/fuel/counters.test.ts',
    ],
  ],
];

for (const [company, title, examples] of kinds) {
  test(title, (t) => {
    for (const file of examples) t.is(companyOf(file), company, file);
  });
}

test('each file of tests that can share runs in one process, with its kind, and in none with too many others', (t) => {
  const sharing = files.filter((file) => companyOf(file) !== 'none');
  const shared = [...byProcess(sharing).values()];
  t.deepEqual(shared.flat().toSorted(), sharing.toSorted());
  t.true(shared.every(({ length }) => length > 0 && length <= 16));
  t.true(shared.every((together) => new Set(together.map(companyOf)).size === 1));
  t.true(shared.length * 8 < sharing.length);
});
