/** The controller over the real rooms: what it knows after a restart, and without a disk that takes what it knows. */
import test from 'ava';
import type { RevisionSource } from '../../controller/following/follower-parts.ts';
import { deltaAtOnce, type MakeReleaseDelta } from '../../controller/publishing/make-delta.ts';
import { SourceError } from '../../controller/source/source-error.ts';
import { StateError } from '../../controller/state/state-port.ts';
import { reportOf } from './engine/test-engine.ts';
import { openCache, wholeShore } from './whole-shore.ts';

function gone(): never {
  throw new SourceError('STORAGE', 'the repository is not there');
}

const nowhere: RevisionSource = {
  ...{ location: 'simulated', branch: 'main', changes: gone, trailers: gone, readBlob: gone },
  poll: async () => ({ kind: 'unreachable', code: 'STORAGE', message: 'the repository is not there' }),
};

const aurora = {
  name: 'aurora',
  site: 'aurora-site',
  kind: 'ship' as const,
  keyFingerprint: `SHA256:${'A'.repeat(43)}`,
};

const kept: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | undefined>> = {
  'kept judged': (bytes) => bytes,
  lost: () => undefined,
  'cut off': (bytes) => bytes.subarray(0, bytes.length / 2),
};

for (const [what, change] of Object.entries(kept)) {
  test(`a restart without the repository takes up what was in force and tells devices nothing new: ${what}`, async (t) => {
    const { fleet, issued, boot, poll, complaints, warnings, changeJudged } = wholeShore();
    fleet.commit('all');
    await poll(await boot());
    const told = [...issued];
    changeJudged(change);
    const controller = await boot(nowhere);
    await poll(controller);
    t.deepEqual(complaints, []);
    t.deepEqual(issued, told);
    t.is((await controller.status()).source.state, 'unreachable');
    t.is((await controller.status()).devices.length, 3);
    const without = await boot(
      { ...nowhere, poll: () => Promise.reject(new Error('a thread died')) },
      undefined,
      openCache(),
    );
    await poll(without);
    await poll(without);
    t.deepEqual(complaints, ['revision.not-resumed'], 'without what it had read before it starts as well');
    t.deepEqual(warnings, ['source.unreachable', 'source.failed'], 'each is told once');
    t.deepEqual(issued, told);
  });
}

test('what was judged before a restart is not read again, and what came after it is laid over it', async (t) => {
  const { fleet, issued, boot, poll, settle, complaints } = wholeShore();
  const source = fleet.repository.open();
  const first = fleet.commit('all').id;
  const controller = await boot();
  await poll(controller);
  fleet.putDevice({ ...aurora, setting: 2 });
  fleet.commit('another setting');
  await poll(controller);
  await settle(controller.stop());
  const told = [...issued];
  const asked: (string | undefined)[] = [];
  const changes: RevisionSource['changes'] = (from, to) => {
    asked.push(from);
    return source.changes(from, to);
  };
  // Not even what was parsed is there.
  const again = await boot({ ...source, changes }, undefined, openCache());
  t.deepEqual(asked, [first]);
  await poll(again);
  fleet.putDevice({ ...aurora, setting: 3 });
  fleet.commit('a third setting');
  await poll(again);
  t.deepEqual(complaints, []);
  t.deepEqual(issued, [...told, 'aurora 3']);
});

test('a delta that was not made before a stop is made after the restart, without a new commit', async (t) => {
  const { fleet, boot, poll, settle } = wholeShore();
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
  const { fleet, issued, boot, poll, complaints, changeJudged } = wholeShore();
  const id = fleet.commit('all').id;
  await poll(await boot());
  const told = [...issued];
  changeJudged(() => undefined);
  const source = fleet.repository.open();
  let isWhole = false;
  const controller = await boot(
    {
      ...source,
      changes: async (from, to) => {
        const changes = await source.changes(from, to);
        const files = changes.files.filter(({ path }) => isWhole || to !== id || !path.startsWith('sites/'));
        return { ...changes, files };
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

test('a controller that lost its database issues above what a device has seen', async (t) => {
  const { fleet, boot, poll, loseDatabase, report, desired } = wholeShore();
  fleet.commit('all');
  await poll(await boot());
  loseDatabase();
  const controller = await boot();
  await poll(controller);
  t.is((await desired(controller, 'aurora'))?.sequence, 1);
  await report(controller, 'aurora', reportOf(1, { highestSequence: 7 }));
  t.is((await desired(controller, 'aurora'))?.sequence, 8);
});

test('a state from a backup takes no device back to the commit of then: who has seen more waits until the branch was looked at', async (t) => {
  const { fleet, boot, poll, backUp, report, issued } = wholeShore();
  fleet.commit('all');
  const before = await boot();
  await poll(before);
  const restore = backUp();
  fleet.configureSite('aurora-site', 2);
  fleet.commit('one site');
  await poll(before);
  await before.stop();
  await restore();
  issued.length = 0;
  fleet.repository.reachable = false;
  const controller = await boot();
  await poll(controller);
  await report(controller, 'aurora', reportOf(1, { highestSequence: 2 }));
  await report(controller, 'borealis', reportOf(1, { highestSequence: 5 }));
  t.deepEqual(issued, []);
  fleet.repository.reachable = true;
  await poll(controller);
  t.deepEqual(issued.toSorted(), ['aurora 3', 'borealis 6']);
  await controller.stop();
  await restore();
  fleet.repository.reachable = false;
  const again = await boot();
  await report(again, 'truck', reportOf(1, { highestSequence: 9 }));
  await poll(again);
  t.false(issued.includes('truck 10'));
  fleet.repository.reachable = true;
  await poll(again);
  await poll(again);
  t.true(issued.includes('truck 10'));
});

test('while the state can not be written nothing is adopted or told; it goes on by itself when it can', async (t) => {
  const { fleet, issued, boot, poll, faults, complaints, time, settle } = wholeShore();
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
  const { fleet, boot, poll, faults, desired } = wholeShore();
  fleet.commit('all');
  await poll(await boot());
  faults.onCommit = () => {
    throw new StateError('STATE_FULL', 'no space left');
  };
  const controller = await boot();
  t.is((await desired(controller, 'aurora'))?.sequence, 1);
});

test('rows that can not be read are set aside and told; the controller starts, and their device is issued above what it saw', async (t) => {
  const { fleet, boot, poll, settle, state, warnings, report, desired, shown } = wholeShore();
  fleet.commit('all');
  await poll(await boot());
  const damaged = [
    { room: 'device', key: 'aurora', value: '{"issued":{"sequence":"many"}}' },
    { room: 'device', key: 'truck', value: '{"takeovers":{"count":3,"since":0,"at":0}}' },
    { room: 'refusal', key: 'x', value: `{"at":"2026-03-01T00:00:00Z","code":"X","message":"y","address":7}` },
  ];
  await state().commit([...damaged, { room: 'history', key: 'borealis', value: '[null]' }]);
  const controller = await boot();
  const setAside = () => warnings.filter((event) => event === 'state.row-set-aside').length;
  t.is(setAside(), damaged.length);
  t.is((await controller.status()).storage?.rowsSetAside, damaged.length);
  await controller.status({ target: { kind: 'device', name: 'borealis' } });
  await settle();
  t.is(setAside(), damaged.length + 1, 'what is read when it is asked for');
  await poll(controller);
  await report(controller, 'aurora', reportOf(1, { highestSequence: 5 }));
  t.is((await desired(controller, 'aurora'))?.sequence, 6);
  t.is((await shown(controller, 'borealis'))?.state, 'unknown');
  t.is((await (await boot()).status()).storage, undefined, 'and is out of the way at the next start');
});
