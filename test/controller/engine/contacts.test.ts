import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const devices = 3_000;

/** A state that notes how much is written at once. */
function measured(sizes: number[]): StatePort {
  const state = openSqliteState(':memory:');
  return {
    load: (take) => state.load(take),
    close: () => state.close(),
    commit: (writes) => {
      sizes.push(writes.length);
      return state.commit(writes);
    },
  };
}

test('contacts of a whole fleet are written down in many short turns, and none is lost at a stop', async (t) => {
  const sizes: number[] = [];
  const { engine, image } = await openEngine({ state: measured(sizes), tellsConnections: true });
  const names = Array.from({ length: devices }, (_, n) => `device-${n}`);
  engine.resume(revision, fleetOf(names.map((name) => namedDevice(name, 'key'))));
  for (const device of names) engine.tell({ kind: 'contact', device, connected: true });
  await engine.stop();
  t.is(names.filter((name) => image.device(name).contactAt !== undefined).length, devices);
  t.true(Math.max(...sizes) <= 1_000, `${Math.max(...sizes)} rows were written in one turn`);
});
