/** What `fleet simulate` says by devices without agents, held against real agents and the whole controller over the same contacts. */
import test from 'ava';
import { encodeDelta } from '../../artifact/delta/encode.ts';
import { applyChanges } from '../../controller/manifests/apply-changes.ts';
import type { DesiredFleet } from '../../controller/manifests/desired.ts';
import { desiredOf, emptyManifestState } from '../../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../../controller/manifests/parse-file.ts';
import { compareRevisions } from '../../controller/planning/compare.ts';
import { catalogueOf } from '../../controller/publishing/catalogue.ts';
import { brotliAtOnce } from '../../controller/publishing/compress.ts';
import { modulesOf } from '../../controller/publishing/fetch-price.ts';
import { fetchPrices } from '../../controller/publishing/fetch-prices.ts';
import { type ContactHabit, Contacts } from '../../controller/simulation/contacts.ts';
import { simulate } from '../../controller/simulation/simulate.ts';
import type { SimulatedRun } from '../../controller/simulation/simulation.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import type { CommitModel } from './fleet.ts';
import { World } from './world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A controller looks for a commit each minute; an agent whose link is back connects again within two. */
const apartMsMax = 3 * minuteMs;

const habit: ContactHabit = { kind: 'vehicle' };
const horizonMs = 4 * 24 * hourMs;
const deviceCount = 6;

const manifest = {
  apiVersion: 'fleet/v1alpha1',
  kind: 'Fleet',
  metadata: { name: 'ship' },
  spec: {
    selector: { matchLabels: { kind: 'ship' } },
    applications: [{ name: 'gauge' }, { name: 'horn' }],
    rollout: { waves: [{ name: 'canary', limit: 1, soak: '1h' }, { name: 'some', limit: 2 }, { name: 'rest' }] },
    probationSeconds: 30,
    darkAfterSeconds: 3600,
  },
};
const waves = new Map([['fleets/ship.yaml', new TextEncoder().encode(JSON.stringify(manifest))]]);

/** What a commit comes to, as the controller judges it. */
function desiredBy(files: ReadonlyMap<string, Uint8Array>): DesiredFleet {
  const manifests = [...files].filter(([path]) => path.endsWith('.yaml'));
  const changes = manifests.map(([path, bytes]) => ({ path, file: parseManifestFile(bytes) }));
  const applied = applyChanges(emptyManifestState, changes, catalogueOf(files).catalogue);
  if (applied.kind === 'refused') throw new Error(JSON.stringify(applied.problems));
  return desiredOf(applied.state);
}

/** The light run of what the world lived through. */
async function lightRun(world: World, before: CommitModel, after: CommitModel, seed: number, startMs: number) {
  const [from, to] = [before, after].map(({ id }) => world.repository.checkout(id));
  const [base, next] = [desiredBy(from!), desiredBy(to!)];
  const { devices } = compareRevisions({
    ...{ base, next, now: startMs, releases: new Map([...base.catalogue, ...next.catalogue]) },
    ...{ observe: () => undefined, membersOf: () => deviceCount, namesIn: () => next.devices.keys() },
  });
  const sides = [from!, to!].map((files, at) => ({
    releases: [base, next][at]!.catalogue.values(),
    readFile: async (path: string) => files.get(path),
  }));
  const prices = await fetchPrices(modulesOf(sides), next.catalogue, devices, {
    compress: brotliAtOnce,
    makeDelta: async (old, fresh) => encodeDelta(old, fresh, { effort: 'fast', light: true }),
  });
  const changes = devices.map(({ device, fleet }) => ({
    ...{ device, fleet: fleet! },
    loads: prices.get(device)!.map(({ bytes }) => ({ bytes, ms: bytes / 1_000, price: 0 })),
  }));
  const commits = {
    base: { id: before.id, subject: 'before', desired: base },
    next: { id: after.id, subject: 'after', desired: next },
  };
  const asked = {
    ...commits,
    fleets: [...new Set(changes.map(({ fleet }) => fleet))],
    changes,
    startMs,
    horizonMs,
    failShare: 0,
    habitOf: () => habit,
    usedOf: () => [],
    ...{ approveAfterMs: 0, consentAfterMs: 0, whenTrueShare: 1 },
  };
  const [run] = await simulate(asked, [seed]);
  return run!;
}

/** The links of each site come and go as they do in the light run. */
function followContacts(world: World, seed: number): void {
  const { time } = world;
  const sites = Map.groupBy(world.fleet.devices.values(), ({ site }) => site);
  for (const [site, members] of sites) {
    const contacts = new Contacts(habit, new SimRandom(seed).stream(`contact ${site}`), time.now);
    const step = (): void => {
      const { isUp, until } = contacts.at(time.now);
      for (const { name } of members) world.devices.get(name)!.link.set(isUp);
      time.at(until, step);
    };
    step();
  }
}

interface Lived {
  readonly starts: readonly number[];
  readonly doneMs: number;
  /** What all devices took of modules. */
  readonly moduleBytes: number;
}

/** The rollout of the last commit, as the controller tells of it, once everybody is through with it. */
async function lived(world: World, startMs: number): Promise<Lived> {
  for (;;) {
    await world.run(hourMs);
    const status = (await world.controller.status({ withEvents: true }))!;
    const { state, startedAt, events = [] } = status.fleets.find(({ name }) => name === 'ship')!.rollout!;
    const isOver =
      state === 'done' &&
      status.devices.every((device) => device.state !== 'progressing' && device.reason.code !== 'NOT_HEARD');
    if (world.time.now > startMs + horizonMs)
      throw new Error(`not done: ${JSON.stringify(status.devices.map((one) => one.reason))}`);
    if (!isOver) continue;
    const at = (code: string) => events.filter((one) => one.code === code).map((one) => Date.parse(one.at) - startMs);
    const bytesOf = ({ report }: DeviceStatus) => report!.downloads!.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      starts: [Date.parse(startedAt) - startMs, ...at('WAVE_OPEN')],
      doneMs: at('ROLLOUT_DONE')[0]!,
      moduleBytes: status.devices.map(bytesOf).reduce((sum, bytes) => sum + bytes, 0),
    };
  }
}

for (const seed of [1, 2]) {
  test(`devices without agents go through the waves as real ones do over the same contacts, seed ${seed}`, async (t) => {
    const world = new World(seed);
    world.controller.start();
    for (let at = 0; at < deviceCount; at += 1) world.fleet.putDevice({ ...world.addDevice(at), kind: 'ship' });
    for (const device of world.devices.values()) device.boot();
    const before = world.fleet.commit('before', true, waves);
    // A first rollout has its waves too.
    await world.run(3 * hourMs);
    const startMs = world.time.now;
    world.fleet.release('gauge', '2.0.0', false);
    const after = world.fleet.commit('after', true, waves);
    followContacts(world, seed);
    const real = await lived(world, startMs);
    const light: SimulatedRun = await lightRun(world, before, after, seed, startMs);
    const [{ waves: lightWaves, updated }] = light.fleets as [SimulatedRun['fleets'][0]];
    t.is(updated, deviceCount);
    const starts = lightWaves.map((wave) => wave.startMs!);
    for (const [at, start] of starts.entries()) t.true(Math.abs(start - real.starts[at]!) < apartMsMax, `wave ${at}`);
    t.true(Math.abs(lightWaves.at(-1)!.endMs! - real.doneMs) < apartMsMax);
    t.is(light.links[0]!.bytes, real.moduleBytes);
  });
}
