/**
 * A real device waits for somebody aboard and for a fact that a program aboard writes, as its fleet demands, and goes on by itself; and
 * what it brings the one beside it need not bring.
 */
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import test from 'ava';
import { stateOf } from '../../cli/demo/demo-fleet.ts';
import { addExampleRelease } from '../../cli/example-fleet.ts';
import { freePort } from '../../platform/node/free-port.ts';
import type { DeviceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { isHunt } from '../hunt.ts';
import { eventually } from './processes.ts';
import { makeWorld, startWorld, type TestWorld } from './world.ts';

const device = 'truck-7-cab';
const beside = 'aurora-engine';
const generousMs = 60_000;
const cleanups: (() => unknown)[] = [];
let made: TestWorld;

test.before(async (t) => {
  t.timeout(2 * generousMs);
  made = await makeWorld({ teardown: (work) => cleanups.push(work) }, isHunt ? [device, beside] : [device]);
  await startWorld(made);
});

test.after.always(async () => {
  for (const work of cleanups) await work();
});

const gates = [
  'spec:',
  '  consent: required',
  '  when:',
  '    activate: facts.parked && labels.kind == "truck" && link.connected',
  '    facts: { parked: { type: boolean, maxAge: 10m } }',
].join('\n');

function deviceIn({ devices }: StatusDocument): DeviceStatus {
  return devices.find(({ name }) => name === device)!;
}

test.serial(
  'the shore is brought the log of an application, for which a device was asked over its session',
  async (t) => {
    t.timeout(4 * generousMs);
    const state = stateOf(made.fleet.devices.find(({ name }) => name === device)!);
    const [application = ''] = deviceIn(await made.world.until(() => undefined, generousMs)).report!.applications.map(
      ({ name }) => name,
    );
    const from = `device/${device}`;
    const said = ['--as', 'night-watch', '--why', 'it is slow'];
    const { text } = await made.fleetCommand('logs', from, application, '--since', '1d', ...said);
    const [first] = (await made.fleetCommand('agent', 'logs', application, '--state', state)).text.split('\n');
    t.true(text.includes(first!), text);
    t.is((await made.fleetCommand('logs', from, '--last')).text, text);
    t.regex((await made.fleetCommand('events', from)).text, /night-watch asks for the log of [\w-]+: it is slow/);
  },
);

test.serial('what needs consent and a fact runs once somebody has said yes and a program has written it', async (t) => {
  t.timeout(4 * generousMs);
  const state = stateOf(made.fleet.devices.find(({ name }) => name === device)!);
  made.edit('fleets/trucks.yaml', 'spec:', gates);
  t.regex((await made.fleetCommand('validate')).text, /manifests are right/);
  const second = await made.world.commit('Trucks change when they are parked, and with consent');
  /** Waits until the shore says that the truck waits for this. */
  const waitsFor = async (code: string): Promise<DeviceStatus> => {
    const status = await made.world.until((seen) => {
      const { reason } = deviceIn(seen);
      return reason.code === code ? undefined : `${reason.code}: ${reason.message}`;
    }, generousMs);
    return deviceIn(status);
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
  const { report } = deviceIn(await made.world.converge(second, generousMs));
  t.like(report, { running: { sequence: 2 }, consent: { answer: 'granted', by: 'driver' } });
});

/** A server of the shore's artifacts that gives each file that is named by its digest once, and is too busy for it from then on. */
async function openStore(directory: string): Promise<{ readonly port: number; readonly given: readonly string[] }> {
  const given: string[] = [];
  const server = createServer(({ url = '' }, answer) => {
    const path = directory + decodeURIComponent(url);
    const isBlob = url.startsWith('/sha256/');
    if (!existsSync(path)) return answer.writeHead(404).end();
    if (isBlob && given.includes(url)) return answer.writeHead(503, { 'retry-after': '1' }).end();
    if (isBlob) given.push(url);
    answer.writeHead(200);
    createReadStream(path).pipe(answer);
  });
  const port = await freePort();
  await new Promise<void>((listens) => server.listen(port, '127.0.0.1', listens));
  cleanups.push(() => server.close());
  cleanups.push(() => server.closeAllConnections());
  return { port, given };
}

// Another agent, and both started anew: that much for a hunt alone.
const inHunts = isHunt ? test.serial : test.serial.skip;

inHunts('of two devices beside each other one brings a module, and the other has it from that one', async (t) => {
  t.timeout(4 * generousMs);
  const { world, fleet } = made;
  const store = await openStore(`${made.directory}/controller/artifacts`);
  const doors = await Promise.all(fleet.devices.map(() => freePort()));
  const known = JSON.stringify(doors.map((port) => `127.0.0.1:${port}`));
  for (const [at, { name, directory }] of fleet.devices.entries()) {
    await world.service(name)!.stop();
    const listen = `{ host: 127.0.0.1, port: ${doors[at]} }`;
    const more = `  artifacts: http://127.0.0.1:${store.port}\n  neighbours:\n    listen: ${listen}\n    known: ${known}\n`;
    appendFileSync(`${directory}/fleet.config.yaml`, more);
    world.service(name)!.start();
  }
  const listens = ({ name }: { readonly name: string }) =>
    readFileSync(world.logOf(name), 'utf8').includes('neighbours.listening');
  await eventually('both doors', generousMs, () => fleet.devices.every(listens) || undefined);
  made.edit('fleets/trucks.yaml', gates, 'spec:');
  addExampleRelease(world.context, 'harbor', fleet.tree, 'position-beacon', '1.1.0');
  made.edit('applications/position-beacon.yaml', 'release: 1.0.0', 'release: 1.1.0');
  const { devices } = await world.converge(await world.commit('Beacons tell more'), generousMs);
  const from = devices.map(
    ({ report }) => report!.downloads!.find(({ name }) => name === 'position-beacon')!.neighbour ?? 'the shore',
  );
  t.true([`${device},the shore`, `the shore,${beside}`].includes(from.join()), from.join());
  t.is(store.given.length, 1);
});
