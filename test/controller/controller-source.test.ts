/** The controller over the real rooms: what a branch brings that is wrong, refused or gone. */
import test from 'ava';
import type { RevisionSource } from '../../controller/following/follower-parts.ts';
import { ArtifactError } from '../../controller/publishing/files/artifact-files.ts';
import { objectTooLarge } from '../../controller/source/object-bounds.ts';
import { wholeShore } from './whole-shore.ts';

test('a place of artifacts that is away at a start takes no device away; a commit waits for it, and is followed when it is back', async (t) => {
  const { fleet, issued, boot, poll, faults } = wholeShore();
  fleet.commit('all');
  await poll(await boot());
  const told = [...issued];
  faults.onArtifacts = () => {
    throw new ArtifactError('ARTIFACTS_UNREACHABLE', 'the bucket does not answer');
  };
  const controller = await boot();
  t.true(controller.knowsDevice('aurora'));
  fleet.configureSite('aurora-site', 2);
  fleet.commit('one site');
  await poll(controller);
  const { source } = await controller.status();
  t.is(source.state, 'pending', source.message);
  t.regex(source.message ?? '', /the bucket does not answer/);
  t.deepEqual(issued, told);
  delete faults.onArtifacts;
  await poll(controller);
  t.is((await controller.status()).source.state, 'current');
  t.deepEqual(issued.slice(told.length), ['aurora 2']);
});

test('a commit refused for its signature comes into force when the list of signers is mended, without another commit', async (t) => {
  const { fleet, issued, boot, poll, warnings } = wholeShore();
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

test('a look that does not come to its end is told of while it lasts, and no longer', async (t) => {
  const { fleet, boot, warnings, settle, time } = wholeShore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const gate = Promise.withResolvers<void>();
  const controller = await boot({ ...source, poll: (...asked) => gate.promise.then(() => source.poll(...asked)) });
  const look = controller.poll();
  await time.runUntil(time.now + 299_000);
  t.deepEqual(warnings, []);
  await time.runUntil(time.now + 3_600_000);
  t.deepEqual(warnings, ['source.silent'], 'told once');
  const { source: shown } = await controller.status();
  t.is(shown.state, 'unreachable');
  t.regex(shown.message ?? '', /began 5 min ago has not ended/);
  gate.resolve();
  await settle(look);
  t.is((await controller.status()).source.state, 'current');
});

test('a webhook that comes during a look leads to another look after it', async (t) => {
  const { fleet, boot, issued, settle } = wholeShore();
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
  const { fleet, boot, poll, warnings, firsts, time } = wholeShore();
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

test('a commit with a file that is too large to be read is refused for that file, which is read once; the next one is taken', async (t) => {
  const { fleet, boot, poll, warnings, firsts, time } = wholeShore();
  const good = fleet.commit('all');
  const source = fleet.repository.open();
  const large = new Uint8Array(7_777);
  let reads = 0;
  const readBlob = async (id: string) => {
    const bytes = await source.readBlob(id);
    if (bytes.length !== large.length) return bytes;
    reads += 1;
    throw objectTooLarge(id, 1, bytes.length);
  };
  const controller = await boot({ ...source, readBlob });
  await poll(controller);
  const tree = fleet.repository.checkout(good.id);
  for (const path of ['devices/huge.yaml', 'trust/roles/huge.json']) {
    for (const told of [warnings, firsts]) told.length = 0;
    reads = 0;
    fleet.repository.commit(new Map([...tree, [path, large]]), path, time.now);
    for (let looks = 0; looks < 3; looks += 1) await poll(controller);
    const { state, problems } = (await controller.status()).source;
    t.is(state, 'refused', path);
    t.deepEqual(
      problems.map(({ file, code }) => `${file} ${code}`),
      [`${path} FILE_TOO_LARGE`],
    );
    t.is(reads, 1);
    t.deepEqual(warnings, ['revision.refused']);
    t.regex(firsts[0] ?? '', /FILE_TOO_LARGE object [0-9a-f]{40} has 7777 bytes, at most 1 are read/);
  }
  fleet.repository.commit(tree, 'without', time.now);
  await poll(controller);
  t.is((await controller.status()).source.state, 'current');
});

test('a commit that the source refuses for a file of it is told with that file, and not judged at every look', async (t) => {
  const { fleet, boot, poll, warnings } = wholeShore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const asked: unknown[] = [];
  const judging: RevisionSource = {
    ...source,
    poll: async (signal, known) => {
      asked.push(known?.judged);
      const event = await source.poll(signal, known);
      if (event.kind !== 'tip') return event;
      const refusal = { code: 'FILES_REFUSED', message: 'folders nest deeper than 64', file: 'a/a/' };
      return { ...event, kind: 'refused', ...refusal };
    },
  };
  const controller = await boot(judging);
  for (let looks = 0; looks < 3; looks += 1) await poll(controller);
  const shown = (await controller.status()).source;
  t.like(shown, { state: 'refused', problems: [{ file: 'a/a/', code: 'FILES_REFUSED' }] });
  t.deepEqual(warnings, ['revision.refused']);
  t.deepEqual(asked.slice(1), [fleet.repository.tip, fleet.repository.tip]);
});

test('a rewritten branch is held over restarts until it is accepted, which counts once', async (t) => {
  const { fleet, boot, warnings, poll, settle, accept } = wholeShore();
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
  const { fleet, boot, warnings, poll } = wholeShore();
  fleet.commit('all');
  const source = fleet.repository.open();
  const changes: typeof source.changes = async (...args) => ({
    ...(await source.changes(...args)),
    odd: [{ path: 'vendor', kind: 'submodule' }],
  });
  const controller = await boot({ ...source, changes });
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
  const { fleet, boot, warnings, poll } = wholeShore();
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
  const { fleet, boot, poll, settle, warnings } = wholeShore();
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
