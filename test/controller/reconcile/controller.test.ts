/** The loop over the real rooms: real planner, publisher and database; only shadows are written down instead of sent. */
import test from 'ava';
import { openStore } from '../../../controller/devices/sqlite-store.ts';
import type { ShadowHandlers, Shadows } from '../../../controller/doors/mqtt/shadows.ts';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { brotliAtOnce } from '../../../controller/publishing/compress.ts';
import { deltaAtOnce, type MakeReleaseDelta } from '../../../controller/publishing/make-delta.ts';
import { OnlineMetadata } from '../../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../../controller/publishing/publisher.ts';
import { signDeployment } from '../../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../../controller/publishing/smaller-ways.ts';
import type { RevisionSource } from '../../../controller/reconcile/branch-follower.ts';
import { type Controller, createController } from '../../../controller/reconcile/controller.ts';
import { SourceError } from '../../../controller/source/source-error.ts';
import { makeDirectoryDurably, writeFileDurably } from '../../../platform/durable-file.ts';
import type { Report, ShadowDesired } from '../../../schemas/generated/types.ts';
import { SimFleet } from '../../sim/fleet.ts';
import { SimTime } from '../../sim/sim-clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { SimRandom } from '../../sim/sim-random.ts';
import { SimRepository } from '../../sim/sim-repository.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

class WrittenShadows implements Shadows {
  readonly desired = new Map<string, ShadowDesired>();
  readonly told: string[] = [];
  handlers: ShadowHandlers | undefined;

  async start(handlers: ShadowHandlers): Promise<void> {
    this.handlers = handlers;
  }

  async setDesired(device: string, desired: ShadowDesired): Promise<void> {
    if (JSON.stringify(this.desired.get(device)) === JSON.stringify(desired)) return;
    this.desired.set(device, desired);
    this.told.push(`${device} ${desired.sequence}`);
  }

  async remove(device: string): Promise<void> {
    if (this.desired.delete(device)) this.told.push(`${device} removed`);
  }

  async stop(): Promise<void> {}
}

/** A fleet of two ships, and a shore whose disk and database outlive its controller. */
function shore() {
  const time = new SimTime(start);
  const random = new SimRandom(1);
  const fleet = new SimFleet(new SimRepository(), random, () => time.now);
  for (const [at, name] of ['aurora', 'borealis'].entries()) {
    const keyFingerprint = `SHA256:${String.fromCharCode(65 + at).repeat(43)}`;
    fleet.putDevice({ name, site: `${name}-site`, kind: 'ship', keyFingerprint, setting: 1 });
  }
  // Every fleet must select a device.
  fleet.putDevice({
    name: 'truck',
    site: 'yard',
    kind: 'truck',
    keyFingerprint: `SHA256:${'C'.repeat(43)}`,
    setting: 1,
  });
  const disk = new SimDisk();
  makeDirectoryDurably(disk, '/keys');
  for (const name of ['snapshot', 'timestamp', 'deployment']) {
    writeFileDurably(disk, '/keys', `${name}.pem`, fleet.keyFile(name));
  }
  const shadows = new WrittenShadows();
  let store = openStore(':memory:');
  const complaints: string[] = [];
  const warnings: string[] = [];

  const boot = async (
    source: RevisionSource = fleet.repository.open(),
    makeDelta: MakeReleaseDelta = deltaAtOnce,
  ): Promise<Controller> => {
    const clock = time.clock({ alive: true });
    const heard: Readonly<Record<string, string[]>> = { error: complaints, warn: warnings };
    const log = { write: (level: string, event: string) => void heard[level]?.push(event) };
    const keys = readControllerKeys(disk, '/keys');
    const artifacts = new ArtifactStore(disk, '/artifacts');
    const online = new OnlineMetadata({ disk, directory: '/artifacts/tuf', keys, timestampLifetimeMs: 604_800_000 });
    const ways = new SmallerWays({ store: artifacts, compress: brotliAtOnce, makeDelta, log });
    const publisher = new RepositoryPublisher({ clock, store: artifacts, online, ways });
    const { devices, values } = store;
    const controller = createController({
      ...{ clock, log, source, publisher, devices, values, shadows },
      issuing: {
        store: devices,
        sign: (deployment) => signDeployment(deployment, keys.deployment),
        putBlob: (bytes) => artifacts.put(bytes),
      },
      reauthorize: () => {},
    });
    await controller.start();
    return controller;
  };
  return {
    fleet,
    shadows,
    complaints,
    warnings,
    boot,
    loseDatabase: () => {
      store = openStore(':memory:');
    },
    store: () => store,
  };
}

function reportOf(highestSequence: number): Report {
  const since = new Date(start).toISOString();
  return { at: since, counter: 1, agentVersion: '0', phase: 'idle', since, highestSequence, applications: [] };
}

/** Lets promises settle that nobody awaits. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a commit reaches each device it touches, once', async (t) => {
  const { fleet, shadows, boot } = shore();
  fleet.commit('all');
  const controller = await boot();
  await controller.poll();
  t.deepEqual(shadows.told.toSorted(), ['aurora 1', 'borealis 1', 'truck 1']);
  fleet.configureSite('aurora-site', 2);
  fleet.commit('one site');
  await controller.poll();
  await controller.poll();
  t.deepEqual(shadows.told.slice(3), ['aurora 2']);
});

test('a restart without the repository takes up what was in force and tells devices nothing new', async (t) => {
  const { fleet, shadows, boot, complaints } = shore();
  fleet.commit('all');
  await (await boot()).poll();
  const told = [...shadows.told];
  const gone = (): never => {
    throw new SourceError('STORAGE', 'the repository is not there');
  };
  const nowhere = { kind: 'unreachable', code: 'STORAGE', message: 'the repository is not there' } as const;
  const controller = await boot({
    ...{ location: 'simulated', branch: 'main', changes: gone, readBlob: gone },
    poll: async () => nowhere,
  });
  await controller.poll();
  t.deepEqual(complaints, []);
  t.deepEqual(shadows.told, told);
  t.is(controller.status().source.state, 'unreachable');
  t.is(controller.status().devices.length, 3);
});

test('a commit refused for its signature comes into force when the list of signers is mended, without another commit', async (t) => {
  const { fleet, shadows, boot, warnings } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  let isTrusted = false;
  const judging: RevisionSource = {
    ...{ location: source.location, branch: source.branch, changes: source.changes, readBlob: source.readBlob },
    poll: async (signal, judged) => {
      const event = await source.poll(signal, judged);
      if (event.kind !== 'tip' || isTrusted) return event;
      return { ...event, kind: 'refused', code: 'SIGNER_UNKNOWN', message: 'nobody knows who signed it' };
    },
  };
  const controller = await boot(judging);
  for (let looks = 0; looks < 3; looks += 1) await controller.poll();
  t.is(controller.status().source.state, 'refused');
  t.deepEqual(warnings, ['revision.refused'], 'said once');
  isTrusted = true;
  await controller.poll();
  t.is(controller.status().source.state, 'current');
  t.is(shadows.told.length, 3);
});

test('a repository that does not answer is said once by each program, and once that it does again', async (t) => {
  const { fleet, boot, warnings } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  let isThere = false;
  const flaky: RevisionSource = {
    ...{ location: source.location, branch: source.branch, changes: source.changes, readBlob: source.readBlob },
    poll: async (signal, judged) =>
      isThere ? source.poll(signal, judged) : { kind: 'unreachable', code: 'UNREACHABLE', message: 'no route' },
  };
  const before = await boot(flaky);
  for (let looks = 0; looks < 3; looks += 1) await before.poll();
  t.deepEqual(warnings, ['source.unreachable']);
  await before.stop();
  const controller = await boot(flaky);
  for (let looks = 0; looks < 3; looks += 1) await controller.poll();
  t.deepEqual(warnings, ['source.unreachable', 'source.unreachable']);
  isThere = true;
  await controller.poll();
  t.is(controller.status().source.state, 'current');
});

test('a delta that was not made before a stop is made after the restart, without a new commit', async (t) => {
  const { fleet, boot } = shore();
  fleet.commit('all');
  const unable: MakeReleaseDelta = async () => {
    throw new Error('no time');
  };
  const controller = await boot(undefined, unable);
  await controller.poll();
  fleet.release(fleet.applications[0]!, '1.1.0', false);
  fleet.commit('a release');
  await controller.poll();
  await controller.stop();
  const made = Promise.withResolvers<void>();
  await boot(undefined, (old, fresh, signal) => {
    made.resolve();
    return deltaAtOnce(old, fresh, signal);
  });
  await made.promise;
  t.pass();
});

test('what was recorded but not handed over before a stop is handed over at the start', async (t) => {
  const { fleet, shadows, boot } = shore();
  fleet.commit('all');
  await (await boot()).poll();
  const before = shadows.desired.get('aurora');
  shadows.desired.delete('aurora');
  await boot();
  t.deepEqual(shadows.desired.get('aurora'), before);
});

test('a revision that cannot be taken up again touches no device until a valid one comes', async (t) => {
  const { fleet, shadows, boot, complaints, store } = shore();
  fleet.commit('all');
  await (await boot()).poll();
  const told = [...shadows.told];
  const kept = JSON.parse(new TextDecoder().decode(store().values.get('revision', 'in-force')));
  kept.files = kept.files.filter(([path]: [string]) => !path.startsWith('sites/'));
  store().values.set('revision', 'in-force', new TextEncoder().encode(JSON.stringify(kept)));
  const controller = await boot();
  t.deepEqual(complaints, ['revision.not-resumed']);
  t.deepEqual(shadows.told, told);
  await controller.poll();
  t.deepEqual(shadows.told, told);
  t.is(controller.status().source.state, 'current');
});

test('a device that git no longer names loses its shadow, also when the controller stopped in between', async (t) => {
  const { fleet, shadows, boot } = shore();
  fleet.commit('all');
  const controller = await boot();
  await controller.poll();
  fleet.removeDevice('borealis');
  fleet.commit('without borealis');
  await controller.poll();
  t.false(shadows.desired.has('borealis'));
  t.is(controller.status().devices.find(({ name }) => name === 'borealis')?.state, 'removed');
  shadows.desired.set('borealis', { sequence: 1 });
  await boot();
  t.false(shadows.desired.has('borealis'));
});

test('a controller that lost its database issues above what a device has seen', async (t) => {
  const { fleet, shadows, boot, loseDatabase } = shore();
  fleet.commit('all');
  await (await boot()).poll();
  loseDatabase();
  const controller = await boot();
  await controller.poll();
  t.is(shadows.desired.get('aurora')?.sequence, 1);
  shadows.handlers!.onReported('aurora', reportOf(7));
  await settled();
  t.is(shadows.desired.get('aurora')?.sequence, 8);
});
