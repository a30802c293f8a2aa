/** A real device waits for somebody aboard and for a fact that a program aboard writes, as its fleet demands, and goes on by itself. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { makeWorld, startWorld } from './world.ts';

const device = 'truck-7-cab';
const generousMs = 60_000;

test.serial('what needs consent and a fact runs once somebody has said yes and a program has written it', async (t) => {
  t.timeout(4 * generousMs);
  const made = await makeWorld(t, [device]);
  await startWorld(made);
  const state = stateOf(made.fleet.devices[0]!);
  const gates = [
    'spec:',
    '  consent: required',
    '  when:',
    '    activate: facts.parked && labels.kind == "truck" && link.connected',
    '    facts: { parked: { type: boolean, maxAge: 10m } }',
  ];
  made.edit('fleets/trucks.yaml', 'spec:', gates.join('\n'));
  t.regex((await made.fleetCommand('validate')).text, /manifests are right/);
  const second = await made.world.commit('Trucks change when they are parked, and with consent');
  /** Waits until the shore says that the truck waits for this. */
  const waitsFor = async (code: string): Promise<DeviceStatus> => {
    const status = await made.world.until(({ devices: [shown] }) => {
      return shown?.reason.code === code ? undefined : `${shown?.reason.code}: ${shown?.reason.message}`;
    }, generousMs);
    return status.devices[0]!;
  };
  await waitsFor('CONSENT_NEEDED');
  const say = (...words: string[]) =>
    made.fleetCommand('agent', 'consent', ...words, '--by', 'driver', '--state', state);
  t.regex((await say()).text, /deployment 2 of commit \w+ needs consent/);
  t.regex(
    (await say('--deny', '--reason', 'on the road')).text,
    /^driver said no to deployment 2: on the road; it is wr/,
  );
  const denied = await waitsFor('CONSENT_DENIED');
  t.like(denied.report?.consent, { answer: 'denied', by: 'driver', reason: 'on the road' });
  // Not more often than once a second.
  await made.world.context.clock.sleep(1_100);
  t.regex((await say('--grant')).text, /^driver said yes to deployment 2; it is written down\.\n$/);
  const waits = await waitsFor('FACT_MISSING');
  t.true(waits.reason.message.includes(`${state}/facts.d/parked`), waits.reason.message);
  t.is(waits.report?.running?.sequence, 1);
  mkdirSync(`${state}/facts.d`);
  writeFileSync(`${state}/facts.d/.parked`, 'true\n');
  renameSync(`${state}/facts.d/.parked`, `${state}/facts.d/parked`);
  const { devices } = await made.world.converge(second, generousMs);
  t.like(devices[0]?.report, { running: { sequence: 2 }, consent: { answer: 'granted', by: 'driver' } });
});
