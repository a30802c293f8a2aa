/** Devices that try in vain are told once more when something was mended on shore; nobody else is. */
import test from 'ava';
import { reminders } from '../../../controller/engine/reminders.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

test('who has trouble on the way to its deployment, and is connected, is told of it once more', async (t) => {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const names = ['stuck', 'refusing', 'back', 'well', 'away'];
  const told: string[] = [];
  const { engine, image, desire, ask } = await openEngine({
    ...{ clock: time.clock({ alive: true }), tellsConnections: true },
    publish: async ({ topic }) => void (topic.endsWith('/update/delta') && told.push(topic.split('/')[2]!)),
  });
  const settle = () => time.runUntil(time.now);
  engine.resume(revision, fleetOf(names.map((name) => namedDevice(name, `SHA256:${name}`))));
  for (const device of names) engine.tell({ kind: 'contact', device, connected: true });
  const desired = Promise.all(names.map((name) => desire(name, 1, '{}')));
  await settle();
  await desired;
  const [target, problem] = [
    { sequence: 1, revision },
    { code: 'X', message: 'x', at: '2026-03-01T00:00:00.000Z' },
  ];
  const reports = {
    stuck: { phase: 'fetching', highestSequence: 1, target, problem },
    refusing: { phase: 'idle', highestSequence: 0, problem },
    back: { phase: 'active', highestSequence: 1, problem },
    well: { phase: 'fetching', highestSequence: 1, target },
    away: { phase: 'fetching', highestSequence: 1, target, problem },
  } as const;
  for (const [device, report] of Object.entries(reports)) {
    ask(device, 'update', { state: { reported: reportOf(1, report) } });
  }
  engine.tell({ kind: 'contact', device: 'away', connected: false });
  await settle();
  told.length = 0;
  for (const event of reminders(image)) engine.tell(event);
  await settle();
  t.deepEqual(told.sort(), ['refusing', 'stuck']);
});
