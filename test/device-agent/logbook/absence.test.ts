import test from 'ava';
import { Absence } from '../../../device-agent/logbook/absence.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const hourMs = 3_600_000;

test('who asks by plan has lost nothing between two answers, and has once it asks in vain', async (t) => {
  const time = new SimTime(0);
  const noted: string[] = [];
  const absence = new Absence({
    ...{ clock: time.clock({ alive: true }), nowMs: () => time.now },
    note: (code, message, atMs) => noted.push(`${code} ${message} ${atMs}`),
  });
  const run = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  absence.start();
  await run(1_000);
  absence.contact();
  await run(6 * hourMs);
  absence.contact();
  await run(6 * hourMs);
  t.deepEqual(noted, []);
  absence.trouble({ kind: 'https', message: 'nobody there' });
  await run(hourMs);
  t.deepEqual(noted, [`LINK_LOST asks, and is not answered: nobody there ${6 * hourMs + 1_000}`]);
  absence.contact();
  t.regex(noted[1]!, /^LINK_BACK /);
});
