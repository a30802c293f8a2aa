/** What a device knows, after a start, of what it was told before. */
import test from 'ava';
import { knownDesired } from '../../../device-agent/update/known-desired.ts';
import { emptyMemory } from '../../../device-agent/update/state.ts';
import { keepAll } from '../../sim/disk-crash.ts';
import { Ship } from '../ship.ts';
import { moduleBytes, Shore } from '../shore.ts';

const gauge = (version: string) => ({ name: 'gauge', version, bytes: moduleBytes(`gauge ${version}`, 500) });

test('after a power cut a device knows what it was told last, and is not told again', async (t) => {
  const shore = new Shore('anna');
  const ship = new Ship(shore);
  ship.boot();
  t.is(ship.known, undefined, 'nothing was ever wanted of it');
  for (const sequence of [1, 2]) {
    shore.release(gauge(`${sequence}.0.0`));
    ship.want(shore.desired(sequence, [gauge(`${sequence}.0.0`)]));
    await ship.run(60);
    ship.cutPower(keepAll);
    ship.boot();
    t.deepEqual(ship.known, ship.desired);
  }
});

test('what can not be read, or travels by digest, is told again', (t) => {
  const memory = { ...emptyMemory, highest: { sequence: 4, envelope: 'digest' } };
  const known = (envelope: string | undefined) => knownDesired(memory, { envelope: () => envelope });
  t.deepEqual(known('{}'), { sequence: 4, envelope: '{}' });
  t.is(known(undefined), undefined);
  t.is(known('x'.repeat(4097)), undefined);
  t.is(knownDesired(emptyMemory, { envelope: () => '{}' }), undefined);
});
