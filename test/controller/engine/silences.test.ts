import test from 'ava';
import { packRecord } from '../../../controller/engine/device-rows.ts';
import { noShadow } from '../../../controller/engine/device-shadow.ts';
import { assertRow } from '../../../controller/engine/row-shapes.ts';
import { withContact, withLink } from '../../../controller/engine/silences.ts';
import { deviceStatus } from '../../../controller/planning/device-status.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import type { Clock } from '../../../platform/ports.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const hourMs = 3_600_000;
const buoy = namedDevice('buoy', 'key');

/** A wall clock that is set by hand. */
function clockAt(time: { now: number }): Clock {
  return { ...nodeClock, now: () => time.now };
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function voyages(options: { readonly tellsConnections: boolean }) {
  const time = { now: Date.parse('2026-06-01T00:00:00Z') };
  const state = openSqliteState(':memory:');
  const open = async () => {
    const opened = await openEngine({ clock: clockAt(time), state, ...options });
    opened.engine.resume(revision, fleetOf([buoy]));
    return opened;
  };
  return { time, state, open };
}

test('silences of a device are kept over restarts of the controller, but none that began over an open connection', async (t) => {
  const { time, open } = await voyages({ tellsConnections: true });
  for (let voyage = 0; voyage < 5; voyage += 1) {
    const { engine } = await open();
    engine.tell({ kind: 'contact', device: 'buoy', connected: true });
    await tick();
    // Nothing is heard for a day, over an open connection.
    time.now += 24 * hourMs;
    engine.tell({ kind: 'contact', device: 'buoy', connected: false });
    await tick();
    await engine.stop();
    time.now += 6 * hourMs;
  }
  const { engine, observe, image } = await open();
  const { silences } = image.device('buoy');
  const { expectedContact } = deviceStatus(buoy, observe('buoy'), time.now - 3 * hourMs);
  t.like(expectedContact, { kind: 'expected', silences: 4 });
  t.true(Math.abs(expectedContact!.usualSeconds! / 3600 - 6) < 2, String(expectedContact!.usualSeconds));
  engine.tell({ kind: 'contact', device: 'buoy', connected: true });
  await tick();
  await engine.stop();
  time.now += 100 * hourMs;
  // It was connected when that controller ended.
  const last = await open();
  last.engine.tell({ kind: 'contact', device: 'buoy', connected: true });
  await last.engine.stop();
  const { silences: after, isGone } = last.image.device('buoy');
  t.not(after, silences);
  t.false(after!.length > silences!.length, 'a silence of 100 hours is in it');
  t.is(isGone, undefined);
});

test('where the broker does not tell who is connected, silences are what lies between two contacts', async (t) => {
  const { time, open } = await voyages({ tellsConnections: false });
  const { engine, ask, observe } = await open();
  for (let counter = 1; counter <= 6; counter += 1) {
    if (counter % 2 === 1)
      ask('buoy', 'update', { state: { reported: reportOf(counter, { agentVersion: String(counter) }) } });
    else engine.tell({ kind: 'contacts', heardAt: new Map([['buoy', time.now]]) });
    await tick();
    // Again in the same moment: no silence.
    engine.tell({ kind: 'contacts', heardAt: new Map([['buoy', time.now]]) });
    await tick();
    time.now += 2 * hourMs;
  }
  await engine.stop();
  const { expectedContact } = deviceStatus(buoy, observe('buoy'), time.now);
  t.like(expectedContact, { silences: 5 });
});

test('a clock that was set back makes no silence, nor does one that is put right', (t) => {
  const context = { links: undefined, now: 10 * hourMs };
  const heard = withContact({ shadow: noShadow, contactAt: 20 * hourMs }, context, 10 * hourMs);
  t.deepEqual(heard, { shadow: noShadow, contactAt: 10 * hourMs });
  const gone = withLink({ shadow: noShadow, contactAt: 20 * hourMs }, false, 10 * hourMs);
  t.deepEqual(withLink(gone, true, 9 * hourMs), { shadow: noShadow, contactAt: 9 * hourMs });
});

test('the history of a device takes less than 100 bytes of its row', (t) => {
  const bare = packRecord({ shadow: noShadow, contactAt: 1 });
  const full = packRecord({ shadow: noShadow, contactAt: 1, silences: 'z'.repeat(36), isGone: true });
  assertRow('device', 'buoy', full);
  t.true(JSON.stringify(full).length - JSON.stringify(bare).length < 100);
  t.throws(() => assertRow('device', 'buoy', { ...full, silences: 'z'.repeat(37) }), {
    message: /history of silences/,
  });
  t.throws(() => assertRow('device', 'buoy', { ...full, silences: '1-' }), { message: /history of silences/ });
});
