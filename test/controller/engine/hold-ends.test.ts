import test from 'ava';
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-06-01T00:00:00Z');
const until = new Date(start + 3 * dayMs).toISOString();

/** An engine that follows one device, which was issued something else than its manifests ask for now. */
async function scene(hold: DesiredDevice['hold']) {
  const time = new SimTime(start);
  const made = await openEngine({ clock: time.clock({ alive: true }) });
  await Promise.all([made.desire('buoy', 1, 'first'), time.runUntil(start + 1_000)]);
  const asked = namedDevice('buoy', `SHA256:${'A'.repeat(43)}=`);
  const follow = (held: DesiredDevice['hold']): void =>
    made.engine.resume(
      revision,
      fleetOf([{ ...asked, ...(held && { hold: held }), template: { ...asked.template, hash: 'e'.repeat(64) } }]),
    );
  follow(hold);
  const sequenceAt = async (ms: number): Promise<number | undefined> => {
    await time.runUntil(ms);
    return made.observe('buoy').issued?.sequence;
  };
  return { sequenceAt, follow };
}

test('a held device is issued what its manifests ask for when its hold ends, and not before', async (t) => {
  const { sequenceAt } = await scene({ reason: 'sea trial', until });
  t.is(await sequenceAt(start + 3 * dayMs - 1), 1);
  t.is(await sequenceAt(start + 3 * dayMs + 1_000), 2);
});

test('a hold without an end lasts until it is taken away', async (t) => {
  const { sequenceAt, follow } = await scene({ reason: 'sea trial' });
  t.is(await sequenceAt(start + 400 * dayMs), 1);
  follow(undefined);
  t.is(await sequenceAt(start + 400 * dayMs + 1_000), 2);
});

test('a hold that is made longer before it ends holds on', async (t) => {
  const { sequenceAt, follow } = await scene({ reason: 'sea trial', until });
  t.is(await sequenceAt(start + dayMs), 1);
  follow({ reason: 'sea trial', until: new Date(start + 5 * dayMs).toISOString() });
  t.is(await sequenceAt(start + 4 * dayMs), 1);
  t.is(await sequenceAt(start + 5 * dayMs + 1_000), 2);
});
