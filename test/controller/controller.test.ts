/** The controller over the real rooms: what a commit means for each device. */
import test from 'ava';
import { wholeShore } from './whole-shore.ts';

test('a commit reaches each device it touches, once', async (t) => {
  const { fleet, issued, boot, poll } = wholeShore();
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

test('a device that git no longer names is told to run nothing more, and is shown as removed', async (t) => {
  const { fleet, boot, poll, shown, desired } = wholeShore();
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
  const { fleet, issued, boot, poll, desired } = wholeShore();
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

test('a deployment that could not be signed is owed, told, and signed later; nobody else waits for it', async (t) => {
  const { fleet, issued, boot, poll, faults, shown, time, settle, warnings } = wholeShore();
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

test('whatever is served and is damaged or gone is put again as it was when somebody asks for it; what nobody knows is not', async (t) => {
  const { fleet, boot, poll, desired, settle, artifacts } = wholeShore();
  fleet.configureApplication('gauge', 2, 6_000);
  fleet.commit('much to say');
  const controller = await boot();
  await poll(controller);
  const { blob } = (await desired(controller, 'aurora'))!;
  const blobs = await artifacts.list('sha256', 1);
  t.true(blobs.includes(`sha256/${blob?.sha256}`));
  const indexes = await artifacts.list('releases', 2);
  for (const [at, file] of [...blobs, ...indexes, ...(await artifacts.list('tuf', 1))].entries()) {
    const right = await artifacts.read(file, 1_000_000);
    const wrong = right!.map((byte) => byte ^ 1);
    if (at % 2 === 0) await artifacts.remove(file);
    else await artifacts.write(file, wrong);
    if (!file.startsWith('sha256/') && !file.endsWith('.root.json')) {
      t.true(controller.isRightArtifact(file, right), file);
      t.false(controller.isRightArtifact(file, wrong), file);
      t.false(controller.isRightArtifact(file, undefined), file);
    }
    await settle(controller.mendArtifact(file));
    t.deepEqual(await artifacts.read(file, 1_000_000), right, file);
  }
  const right = await Promise.all(blobs.map((file) => artifacts.read(file, 1_000_000)));
  for (const [at, file] of blobs.entries())
    await artifacts.write(
      file,
      right[at]!.map((byte) => byte ^ 1),
    );
  const index = JSON.parse(new TextDecoder().decode(await artifacts.read(indexes[0]!, 1_000_000)));
  const small = index.ways.find(({ method }: { method: string }) => method !== 'whole').sha256;
  await settle(controller.mendArtifact(`sha256/${small}`));
  t.deepEqual(
    await artifacts.read(`sha256/${small}`, 1_000_000),
    right[blobs.indexOf(`sha256/${small}`)],
    'although what it is made of was damaged too',
  );
  for (const [at, file] of blobs.entries()) await artifacts.write(file, right[at]!);
  await settle(controller.mendArtifact(`sha256/${'0'.repeat(64)}`));
  t.deepEqual(await artifacts.list('sha256', 1), blobs);
});

test('metadata that was damaged while the controller was away is signed anew when a device asks for it', async (t) => {
  const { fleet, boot, poll, settle, artifacts } = wholeShore();
  fleet.commit('all');
  await poll(await boot());
  await artifacts.write('tuf/timestamp.json', new TextEncoder().encode('garbage'));
  const controller = await boot();
  const garbage = await artifacts.read('tuf/timestamp.json', 10_000);
  t.false(controller.isRightArtifact('tuf/timestamp.json', garbage));
  await settle(controller.mendArtifact('tuf/timestamp.json'));
  t.true(controller.isRightArtifact('tuf/timestamp.json', await artifacts.read('tuf/timestamp.json', 10_000)));
});
