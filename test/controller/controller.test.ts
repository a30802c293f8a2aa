/** The controller over the real rooms: real planner, publisher and state; what it says to devices is written down. */
import test from 'ava';
import { type Controller, createController } from '../../controller/controller.ts';
import type { RevisionSource } from '../../controller/following/follower-parts.ts';
import { ArtifactStore } from '../../controller/publishing/artifact-store.ts';
import { readControllerKeys } from '../../controller/publishing/authoring/key-files.ts';
import { brotliAtOnce } from '../../controller/publishing/compress.ts';
import { DirectoryFiles } from '../../controller/publishing/files/directory-files.ts';
import { deltaAtOnce, type MakeReleaseDelta } from '../../controller/publishing/make-delta.ts';
import { OnlineMetadata } from '../../controller/publishing/online-metadata.ts';
import { RepositoryPublisher } from '../../controller/publishing/publisher.ts';
import { signDeployment } from '../../controller/publishing/sign-deployment.ts';
import { SmallerWays } from '../../controller/publishing/smaller-ways.ts';
import { SourceError } from '../../controller/source/source-error.ts';
import { openSqliteBlobCache } from '../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../controller/state/sqlite/sqlite-state.ts';
import { StateError, type StatePort } from '../../controller/state/state-port.ts';
import { makeDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import type { Report, ShadowDesired } from '../../schemas/generated/types.ts';
import { SimFleet } from '../sim/fleet.ts';
import { SimTime } from '../sim/sim-clock.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import { SimRandom } from '../sim/sim-random.ts';
import { SimRepository } from '../sim/sim-repository.ts';
import { reportOf } from './engine/test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

function openCache() {
  return openSqliteBlobCache(
    ':memory:',
    () => {},
    (error) => {
      throw error;
    },
  );
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
  let state = openSqliteState(':memory:');
  const cache = openCache();
  /** Deployments as they are signed, and what was said to devices by the end of its topic. */
  const issued: string[] = [];
  const said: { readonly topic: string; readonly body: { readonly state?: { desired?: ShadowDesired } } }[] = [];
  const faults: { onCommit?: () => void; onSign?: () => void } = {};
  const faulty = (): StatePort => ({
    load: (take) => state.load(take),
    commit: async (writes) => {
      faults.onCommit?.();
      await state.commit(writes);
    },
    close: () => state.close(),
  });
  const complaints: string[] = [];
  const warnings: string[] = [];
  /** What was told first of what is wrong with a revision. */
  const firsts: string[] = [];

  const boot = async (
    source: RevisionSource = fleet.repository.open(),
    makeDelta: MakeReleaseDelta = deltaAtOnce,
    itsCache = cache,
  ): Promise<Controller> => {
    const clock = time.clock({ alive: true });
    const heard: Readonly<Record<string, string[]>> = { error: complaints, warn: warnings };
    const log = {
      write: (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) => {
        heard[level]?.push(event);
        if (fields.first !== undefined) firsts.push(String(fields.first));
      },
    };
    const keys = readControllerKeys(disk, '/keys');
    const files = new DirectoryFiles(disk, '/artifacts');
    const artifacts = new ArtifactStore(files);
    const online = new OnlineMetadata({ files, keys, timestampLifetimeMs: 604_800_000 });
    const ways = new SmallerWays({ store: artifacts, compress: brotliAtOnce, makeDelta, log });
    const publisher = new RepositoryPublisher({ clock, store: artifacts, online, ways });
    const controller = await createController({
      ...{ clock, log, source, publisher, state: faulty(), cache: itsCache },
      publish: async ({ topic, payload }) => {
        said.push({ topic: topic.split('/fleet/')[1]!, body: JSON.parse(new TextDecoder().decode(payload)) });
      },
      sign: (deployment) => {
        faults.onSign?.();
        issued.push(`${deployment.device} ${deployment.sequence}`);
        return signDeployment(deployment, keys.deployment);
      },
      keyId: keys.deployment.keyId,
      putBlob: (bytes) => artifacts.put(bytes),
      tellsConnections: true,
      reauthorize: () => {},
    });
    await settle(controller.start());
    return controller;
  };

  /** Lets everything happen that happens at this moment, until `work` is done. */
  const settle = async (work: Promise<void> = Promise.resolve()): Promise<void> => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    do await time.runUntil(time.now);
    while (!isDone);
    await done;
    await time.runUntil(time.now);
  };
  const poll = (controller: Controller) => settle(controller.poll());
  const ask = async (controller: Controller, device: string, operation: 'get' | 'update', body: object = {}) => {
    controller.onRequest({ device, operation, payload: new TextEncoder().encode(JSON.stringify(body)) });
    await settle();
  };
  return {
    ...{ fleet, issued, said, complaints, warnings, firsts, boot, poll, settle, faults, time },
    /** An operator takes a tip that is held back. */
    async accept(controller: Controller, name: string) {
      const answer = controller.acceptRevision(name);
      await settle(answer.then(() => {}));
      return answer;
    },
    /** What a device is told that asks. */
    async desired(controller: Controller, device: string): Promise<ShadowDesired | undefined> {
      await ask(controller, device, 'get');
      return said.findLast(({ topic }) => topic.startsWith('get/'))?.body.state?.desired;
    },
    report: (controller: Controller, device: string, report: Report) =>
      ask(controller, device, 'update', { state: { reported: report } }),
    async shown(controller: Controller, device: string) {
      return (await controller.status()).devices.find(({ name }) => name === device);
    },
    loseDatabase: () => {
      state = openSqliteState(':memory:');
    },
    state: () => state,
  };
}

test('a commit reaches each device it touches, once', async (t) => {
  const { fleet, issued, boot, poll } = shore();
  fleet.commit('all');
  const controller = await boot();
  await poll(controller);
  t.deepEqual(issued.toSorted(), ['aurora 1', 'borealis 1', 'truck 1']);
  fleet.configureSite('aurora-site', 2);
  fleet.commit('one site');
  await poll(controller);
  await poll(controller);
  t.deepEqual(issued.slice(3), ['aurora 2']);
});

test('a restart without the repository takes up what was in force and tells devices nothing new', async (t) => {
  const { fleet, issued, boot, poll, complaints } = shore();
  fleet.commit('all');
  await poll(await boot());
  const told = [...issued];
  const gone = (): never => {
    throw new SourceError('STORAGE', 'the repository is not there');
  };
  const nowhere = { kind: 'unreachable', code: 'STORAGE', message: 'the repository is not there' } as const;
  const controller = await boot({
    ...{ location: 'simulated', branch: 'main', changes: gone, readBlob: gone, oddEntries: gone },
    poll: async () => nowhere,
  });
  await poll(controller);
  t.deepEqual(complaints, []);
  t.deepEqual(issued, told);
  t.is((await controller.status()).source.state, 'unreachable');
  t.is((await controller.status()).devices.length, 3);
});

test('a commit refused for its signature comes into force when the list of signers is mended, without another commit', async (t) => {
  const { fleet, issued, boot, poll, warnings } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  let isTrusted = false;
  const judging: RevisionSource = {
    ...source,
    poll: async (signal, judged) => {
      const event = await source.poll(signal, judged);
      if (event.kind !== 'tip' || isTrusted) return event;
      return { ...event, kind: 'refused', code: 'SIGNER_UNKNOWN', message: 'nobody knows who signed it' };
    },
  };
  const controller = await boot(judging);
  for (let looks = 0; looks < 3; looks += 1) await poll(controller);
  t.is((await controller.status()).source.state, 'refused');
  t.deepEqual(warnings, ['revision.refused'], 'said once');
  isTrusted = true;
  await poll(controller);
  t.is((await controller.status()).source.state, 'current');
  t.is(issued.length, 3);
});

test('a webhook that comes during a look leads to another look after it', async (t) => {
  const { fleet, boot, issued, settle } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const gate = Promise.withResolvers<void>();
  const looks: unknown[] = [];
  const slow: RevisionSource = {
    ...source,
    poll: async (signal, known) => {
      looks.push(known?.isPushed);
      const event = await source.poll(signal, known);
      if (looks.length === 1) await gate.promise;
      return event;
    },
  };
  const controller = await boot(slow);
  const first = controller.poll();
  fleet.configureSite('aurora-site', 2);
  fleet.commit('pushed while the branch was looked at');
  const asked = [controller.pollAtPush(), controller.poll()];
  gate.resolve();
  await settle(Promise.all([first, ...asked]).then(() => {}));
  t.deepEqual(looks, [false, true], 'many calls during a look are one look after it, which knows of the push');
  t.deepEqual(issued.at(-1), 'aurora 2');
});

test('what is wrong with a refused commit is in the line of the log that refuses it, told once; a warning too', async (t) => {
  const { fleet, boot, poll, warnings, firsts, time } = shore();
  const good = fleet.commit('all');
  const commit = (files: Readonly<Record<string, string>>) => {
    const tree = fleet.repository.checkout(good.id);
    for (const [path, text] of Object.entries(files)) tree.set(path, new TextEncoder().encode(text));
    fleet.repository.commit(tree, 'by hand', time.now);
  };
  const controller = await boot();
  await poll(controller);
  warnings.length = 0;
  commit({ 'fleets/slip.yaml': 'apiVersion: fleet/v1alpha1\nkind: Fleet\nmetadata:\n  name: slip\nspecs: {}\n' });
  for (let looks = 0; looks < 3; looks += 1) await poll(controller);
  t.deepEqual(warnings, ['revision.refused']);
  t.is(firsts.length, 1);
  t.regex(firsts[0]!, /^fleets\/slip\.yaml:\d+ [A-Z_]+ ./);
  const spare = 'apiVersion: fleet/v1alpha1\nkind: Device\nmetadata:\n  name: spare\nspec: {}\n';
  warnings.length = 0;
  commit({ 'devices/spare.yaml': spare });
  await poll(controller);
  commit({ 'devices/spare.yaml': `${spare}# again\n` });
  await poll(controller);
  const { source } = await controller.status();
  t.is(source.state, 'current');
  t.true(source.notes?.some(({ code, line }) => code === 'DEVICE_WITHOUT_FLEET' && line !== undefined));
  t.is(warnings.filter((event) => event === 'revision.note').length, source.notes?.length ?? 0);
});

test('a rewritten branch is held over restarts until it is accepted, which counts once', async (t) => {
  const { fleet, boot, warnings, poll, settle, accept } = shore();
  const old = fleet.commit('all');
  const source = fleet.repository.open();
  let isRewritten = false;
  const judging: RevisionSource = {
    ...source,
    poll: async (signal, known) => {
      const event = await source.poll(signal, known);
      if (event.kind !== 'tip' || !isRewritten || known?.accepted === event.revision.id) return event;
      return { ...event, kind: 'refused', code: 'REWRITTEN', message: 'main was rewritten' };
    },
  };
  const before = await boot(judging);
  await poll(before);
  t.deepEqual(await accept(before, old.id), { kind: 'not-held', message: 'no commit of main is held back' });
  fleet.configureSite('aurora-site', 2);
  const { id } = fleet.commit('rewritten');
  isRewritten = true;
  for (let looks = 0; looks < 3; looks += 1) await poll(before);
  t.deepEqual(warnings, ['revision.refused'], 'said once');
  t.is((await accept(before, '0000000')).kind, 'not-held');
  await settle(before.stop());
  const controller = await boot(judging);
  await poll(controller);
  t.like((await controller.status()).source, { state: 'refused', revision: { id: old.id }, tip: { id } });
  t.is((await accept(controller, id.slice(0, 9))).kind, 'accepted');
  await settle(controller.stop());
  const last = await boot(judging);
  await poll(last);
  t.like(
    (await last.status()).source,
    { state: 'current', revision: { id } },
    'what was accepted is kept over a restart',
  );
  fleet.commit('rewritten again');
  await poll(last);
  t.like((await last.status()).source, { state: 'refused', revision: { id } });
});

test('what git holds and nobody reads is told when a commit that holds it comes into force', async (t) => {
  const { fleet, boot, warnings, poll } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const controller = await boot({ ...source, oddEntries: async () => [{ path: 'vendor', kind: 'submodule' }] });
  await poll(controller);
  await poll(controller);
  t.deepEqual(warnings, ['revision.passed-over']);
  const { state, notes } = (await controller.status()).source;
  t.is(state, 'current');
  t.deepEqual(
    notes?.map(({ file, code }) => `${file} ${code}`),
    ['vendor SUBMODULE'],
  );
});

test('a branch that vanished is told once, as what it is', async (t) => {
  const { fleet, boot, warnings, poll } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const controller = await boot({
    ...source,
    poll: async () => ({ kind: 'branch-missing', message: 'no branch main' }),
  });
  for (let looks = 0; looks < 3; looks += 1) await poll(controller);
  t.deepEqual(warnings, ['source.branch-missing']);
});

test('a repository that does not answer is said once by each program, and once that it does again', async (t) => {
  const { fleet, boot, poll, settle, warnings } = shore();
  fleet.commit('all');
  const source = fleet.repository.open();
  let isThere = false;
  const flaky: RevisionSource = {
    ...source,
    poll: async (signal, judged) =>
      isThere ? source.poll(signal, judged) : { kind: 'unreachable', code: 'UNREACHABLE', message: 'no route' },
  };
  const before = await boot(flaky);
  for (let looks = 0; looks < 3; looks += 1) await poll(before);
  t.deepEqual(warnings, ['source.unreachable']);
  await settle(before.stop());
  const controller = await boot(flaky);
  for (let looks = 0; looks < 3; looks += 1) await poll(controller);
  t.deepEqual(warnings, ['source.unreachable', 'source.unreachable']);
  isThere = true;
  await poll(controller);
  t.is((await controller.status()).source.state, 'current');
});

test('a delta that was not made before a stop is made after the restart, without a new commit', async (t) => {
  const { fleet, boot, poll, settle } = shore();
  fleet.commit('all');
  const unable: MakeReleaseDelta = async () => {
    throw new Error('no time');
  };
  const controller = await boot(undefined, unable);
  await poll(controller);
  fleet.release(fleet.applications[0]!, '1.1.0', false);
  fleet.commit('a release');
  await poll(controller);
  await settle(controller.stop());
  const made = Promise.withResolvers<void>();
  await boot(undefined, (old, fresh, signal) => {
    made.resolve();
    return deltaAtOnce(old, fresh, signal);
  });
  await made.promise;
  t.pass();
});

test('a revision that cannot be taken up again touches no device until a valid one comes', async (t) => {
  const { fleet, issued, boot, poll, complaints } = shore();
  const id = fleet.commit('all').id;
  await poll(await boot());
  const told = [...issued];
  const source = fleet.repository.open();
  let isWhole = false;
  const controller = await boot(
    {
      ...source,
      changes: async (from, to) => {
        const changes = await source.changes(from, to);
        return isWhole || to !== id ? changes : changes.filter(({ path }) => !path.startsWith('sites/'));
      },
    },
    undefined,
    openCache(),
  );
  t.deepEqual(complaints, ['revision.not-resumed']);
  t.deepEqual(issued, told);
  isWhole = true;
  await poll(controller);
  t.deepEqual(issued, told);
  t.is((await controller.status()).source.state, 'current');
});

test('a device that git no longer names is told to run nothing more, and is shown as removed', async (t) => {
  const { fleet, boot, poll, shown, desired } = shore();
  fleet.commit('all');
  const controller = await boot();
  await poll(controller);
  fleet.removeDevice('borealis');
  fleet.commit('without borealis');
  await poll(controller);
  t.is(await desired(controller, 'borealis'), undefined);
  t.is((await shown(controller, 'borealis'))?.state, 'removed');
});

test('a device that comes back to git is handed what it was issued before', async (t) => {
  const { fleet, issued, boot, poll, desired } = shore();
  fleet.commit('all');
  const controller = await boot();
  await poll(controller);
  const manifest = fleet.devices.get('borealis')!;
  fleet.removeDevice('borealis');
  fleet.commit('without borealis');
  await poll(controller);
  fleet.putDevice(manifest);
  fleet.commit('with borealis again');
  await poll(controller);
  t.is((await desired(controller, 'borealis'))?.sequence, 1);
  t.is(issued.filter((one) => one.startsWith('borealis')).length, 1);
});

test('a controller that lost its database issues above what a device has seen', async (t) => {
  const { fleet, boot, poll, loseDatabase, report, desired } = shore();
  fleet.commit('all');
  await poll(await boot());
  loseDatabase();
  const controller = await boot();
  await poll(controller);
  t.is((await desired(controller, 'aurora'))?.sequence, 1);
  await report(controller, 'aurora', reportOf(1, { highestSequence: 7 }));
  t.is((await desired(controller, 'aurora'))?.sequence, 8);
});

test('a deployment that could not be signed is owed, told, and signed later; nobody else waits for it', async (t) => {
  const { fleet, issued, boot, poll, faults, shown, time, settle, warnings } = shore();
  fleet.commit('all');
  let failures = 3;
  faults.onSign = () => {
    if (issued.length === 0 && failures-- > 0) throw new Error('the key is not there');
  };
  const controller = await boot();
  await poll(controller);
  t.is(issued.length, 0);
  const waiting = await shown(controller, 'aurora');
  t.is(
    waiting?.events[0]?.code ??
      (await controller.status({ target: { kind: 'device', name: 'aurora' } })).devices[0]?.events[0]?.code,
    'NOT_ISSUED',
  );
  t.deepEqual(warnings, ['device.trouble', 'device.trouble', 'device.trouble']);
  await settle(time.runUntil(time.now + 60_000));
  t.is(issued.length, 3);
});

test('while the state can not be written nothing is adopted or told; it goes on by itself when it can', async (t) => {
  const { fleet, issued, boot, poll, faults, complaints, time, settle } = shore();
  fleet.commit('all');
  const controller = await boot();
  await poll(controller);
  fleet.configureSite('aurora-site', 2);
  fleet.commit('one site');
  faults.onCommit = () => {
    throw new StateError('STATE_FULL', 'no space left');
  };
  const looking = controller.poll();
  await time.runUntil(time.now + 120_000);
  await settle(looking);
  const status = await controller.status();
  t.is(status.storage?.code, 'STATE_FULL');
  t.is(status.source.state, 'pending');
  t.is(issued.length, 3);
  t.deepEqual(complaints, ['state.not-written'], 'said once');
  delete faults.onCommit;
  await settle(time.runUntil(time.now + 60_000));
  await poll(controller);
  t.deepEqual(issued.slice(3), ['aurora 2']);
  t.is((await controller.status()).storage, undefined);
});

test('a controller starts on a state that can not be written, and serves what it has', async (t) => {
  const { fleet, boot, poll, faults, desired } = shore();
  fleet.commit('all');
  await poll(await boot());
  faults.onCommit = () => {
    throw new StateError('STATE_FULL', 'no space left');
  };
  const controller = await boot();
  t.is((await desired(controller, 'aurora'))?.sequence, 1);
});

test('a row that can not be read is set aside and told; the controller starts, and its device is issued above what it saw', async (t) => {
  const { fleet, boot, poll, state, warnings, report, desired, shown } = shore();
  fleet.commit('all');
  await poll(await boot());
  await state().commit([{ room: 'device', key: 'aurora', value: '{"issued":{"sequence":"many"}}' }]);
  const controller = await boot();
  t.true(warnings.includes('state.row-set-aside'));
  t.is((await controller.status()).storage?.rowsSetAside, 1);
  await report(controller, 'aurora', reportOf(1, { highestSequence: 5 }));
  t.is((await desired(controller, 'aurora'))?.sequence, 6);
  t.is((await shown(controller, 'borealis'))?.state, 'unknown');
  t.is((await (await boot()).status()).storage, undefined, 'and is out of the way at the next start');
});
