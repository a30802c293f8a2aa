import test from 'ava';
import { placement } from '../../../device-agent/runtime/placement.ts';
import { noSuspicion } from '../../../device-agent/runtime/suspicion.ts';

const app = (name: string, changes: object = {}) => ({ name, ownProcess: [], ...changes });
const shown = (...args: Parameters<typeof placement>): readonly string[] =>
  placement(...args).map(({ key, applications }) => `${key}: ${applications.map(({ name }) => name).join(' ')}`);

test('placement() shares a process among the applications of a class', (t) => {
  const applications = [app('a'), app('b', { class: 'critical' }), app('c', { class: 'standard' })];
  t.deepEqual(shown(applications, noSuspicion), ['standard: a c', 'critical: b']);
});

test('placement() gives a process of its own to what asks for it, could take others along, or did', (t) => {
  const applications = [
    ...[app('asks', { isolation: 'process' }), app('heap', { ownProcess: ['it fills the heap'] })],
    ...[app('did'), app('good')],
  ];
  const suspicion = { ...noSuspicion, culprits: new Set(['did']) };
  t.deepEqual(shown(applications, suspicion), ['own-asks: asks', 'own-heap: heap', 'own-did: did', 'standard: good']);
});

test('placement() separates the suspected, and leaves the others where they are', (t) => {
  const suspicion = { ...noSuspicion, groups: [['a', 'b'], ['c']] };
  const applications = ['a', 'b', 'c', 'd'].map((name) => app(name));
  t.deepEqual(shown(applications, suspicion), ['suspects-a-standard: a b', 'own-c: c', 'standard: d']);
});
