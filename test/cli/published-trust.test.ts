import test from 'ava';
import type { CommandContext } from '../../cli/command.ts';
import { fetchPublishedTrust } from '../../cli/published-trust.ts';
import { removeRelease } from '../../controller/publishing/authoring/remove-release.ts';
import { readTrustFiles } from '../../controller/publishing/authoring/work-tree.ts';
import { judgeTrust } from '../../controller/publishing/judge-trust.ts';
import { NetworkError } from '../../platform/ports.ts';
import { moduleOf, newTree, now, onlineOf, release, trustOf } from '../controller/publishing/repository.ts';
import { SimDisk } from '../sim/sim-disk.ts';

/** A controller that serves what a disk holds, and whoever asks it. */
function shore(disk: SimDisk | undefined, at = now) {
  const asked: string[] = [];
  const context = {
    clock: { now: () => at },
    directory: '/fleet',
    signal: new AbortController().signal,
    loadConfiguration: async () => ({ value: { controller: 'https://shore.example:7443' } }),
    openNetwork: () => ({
      request: async ({ url }: { url: string }) => {
        if (disk === undefined) throw new NetworkError('UNREACHABLE', 'connect ECONNREFUSED');
        const path = `/state/artifacts${new URL(url).pathname}`;
        asked.push(path.slice('/state/artifacts'.length));
        const bytes = disk.stat(path) === undefined ? undefined : disk.readFile(path);
        async function* body() {
          if (bytes !== undefined) yield bytes;
        }
        return { status: bytes === undefined ? 404 : 200, headers: {}, body: body() };
      },
    }),
  };
  return { context: context as unknown as CommandContext, asked };
}

async function published() {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const before = readTrustFiles(tree);
  release(tree, 'crane', '1.1.0', moduleOf(2), now + 60_000);
  const disk = new SimDisk();
  await onlineOf(tree, disk).publish(trustOf(tree), now);
  return { tree, before, disk };
}

test('what a controller published is what it judges a tree by, and the command line says what it will do', async (t) => {
  const { before, disk } = await published();
  const { files, unknownBecause } = await fetchPublishedTrust(shore(disk).context, before);
  t.is(unknownBecause, undefined);
  const judged = judgeTrust(before, files);
  t.deepEqual(judged.kind === 'prevails' && judged.notes.map(({ file, code }) => `${file} ${code}`), [
    'trust/roles/crane.json TRUST_KEPT',
  ]);
});

test('what releases meant before is told by the controller: a tree that reuses a name is refused with its words', async (t) => {
  const { tree, before, disk } = await published();
  removeRelease(tree, { name: 'crane', version: '1.1.0', now: now + 61_000, announce: () => {} });
  await onlineOf(tree, disk).publish(trustOf(tree), now + 62_000);
  const { files } = await fetchPublishedTrust(shore(disk).context, before);
  const knowing = { ...tree, known: [{ where: 'the controller published it', files }] };
  const signed = readTrustFiles(tree);
  t.throws(() => release(knowing, 'crane', '1.1.0', moduleOf(3), now + 63_000), {
    code: 'VERSION_TAKEN',
    message: /had other content before \(the controller published it\).*Nothing was signed/,
  });
  t.deepEqual(readTrustFiles(tree), signed);
  t.true(
    release({ ...knowing }, 'crane', '1.1.0', moduleOf(2), now + 63_000).signed,
    'what it meant it may mean again',
  );
  removeRelease(tree, { name: 'crane', version: '1.1.0', now: now + 64_000, announce: () => {} });
  release(tree, 'crane', '1.1.0', moduleOf(3), now + 65_000);
  const judged = judgeTrust(readTrustFiles(tree), files);
  t.like(judged, { kind: 'refused', problems: [{ code: 'RELEASE_NAME_REUSED' }] });
});

test('files that the tree has as they were published are not asked for', async (t) => {
  const { tree, disk } = await published();
  const { context, asked } = shore(disk);
  await fetchPublishedTrust(context, readTrustFiles(tree));
  t.deepEqual(
    asked.filter((path) => /targets|crane/.test(path)),
    [],
  );
});

test('no controller, one that is away, one that published nothing, and one that lies leave a tree to itself, with the reason', async (t) => {
  const { before, disk } = await published();
  const away = await fetchPublishedTrust(shore(undefined).context, before);
  t.regex(away.unknownBecause ?? '', /does not answer/);
  t.deepEqual(await fetchPublishedTrust(shore(new SimDisk()).context, before), { files: new Map() });
  const stranger = await fetchPublishedTrust(shore(disk).context, readTrustFiles(newTree(9)));
  t.regex(stranger.unknownBecause ?? '', /not to be trusted/);
  const years = now + 400 * 24 * 60 * 60_000;
  const expired = await fetchPublishedTrust(shore(disk, years).context, before);
  t.regex(expired.unknownBecause ?? '', /expired/);
  t.is(expired.files.size, 0);
});
