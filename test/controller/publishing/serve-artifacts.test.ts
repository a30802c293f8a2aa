import test from 'ava';
import fc from 'fast-check';
import { ArtifactStore } from '../../../controller/publishing/artifact-store.ts';
import { parseRange } from '../../../controller/publishing/byte-range.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import { serveArtifacts } from '../../../controller/publishing/serve-artifacts.ts';
import type { HttpRequest, HttpResponse } from '../../../platform/ports.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const { signal } = new AbortController();
const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) & 255);

async function scene() {
  const disk = new SimDisk();
  const files = new DirectoryFiles(disk, '/store');
  const store = new ArtifactStore(files);
  const blob = await store.put(bytes);
  const time = { now: 0 };
  const damaged: string[] = [];
  const handler = serveArtifacts({
    files,
    clock: { monotonic: () => time.now },
    isRight: () => true,
    onDamaged: async (file) => damaged.push(file),
    onTrouble: () => {},
  });
  const ask = (url: string, headers: Record<string, string> = {}, method: HttpRequest['method'] = 'GET') =>
    handler({ method, url, headers }, { address: 'test' }, new AbortController().signal);
  return { files, store, blob, ask, time, damaged };
}

async function bodyOf({ body }: HttpResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

test('a blob is served whole under its digest, to be cached for ever', async (t) => {
  const { blob, ask } = await scene();
  const answer = await ask(`/sha256/${blob.sha256}`);
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], '200000');
  t.is(answer.headers.etag, `"${blob.sha256}"`);
  t.regex(answer.headers['cache-control']!, /immutable/);
  t.deepEqual(await bodyOf(answer), bytes);
  const head = await ask(`/sha256/${blob.sha256}`, {}, 'HEAD');
  t.is(head.headers['content-length'], '200000');
  t.is((await bodyOf(head)).length, 0);
});

test('a download that was cut goes on where it stopped', async (t) => {
  const { blob, ask } = await scene();
  const url = `/sha256/${blob.sha256}`;
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(bytes.length + 10), async (start, extra) => {
      const answer = await ask(url, { range: `bytes=${start}-${start + extra}`, 'if-range': `"${blob.sha256}"` });
      const end = Math.min(start + extra + 1, bytes.length);
      t.is(answer.status, 206);
      t.is(answer.headers['content-range'], `bytes ${start}-${end - 1}/200000`);
      t.is(answer.headers['content-length'], String(end - start));
      t.deepEqual(await bodyOf(answer), bytes.slice(start, end));
    }),
    { numRuns: 25 },
  );
});

test('a range of another file than the one that was begun yields the whole file', async (t) => {
  const { blob, ask } = await scene();
  const answer = await ask(`/sha256/${blob.sha256}`, { range: 'bytes=5-9', 'if-range': '"other"' });
  t.is(answer.status, 200);
});

test('a range behind the end is not satisfiable', async (t) => {
  const { blob, ask } = await scene();
  const answer = await ask(`/sha256/${blob.sha256}`, { range: 'bytes=200000-' });
  t.is(answer.status, 416);
  t.is(answer.headers['content-range'], 'bytes */200000');
});

test('who has the file already is told so', async (t) => {
  const { blob, ask } = await scene();
  t.is((await ask(`/sha256/${blob.sha256}`, { 'if-none-match': `"x", W/"${blob.sha256}"` })).status, 304);
});

test('parseRange() knows the three forms and ignores what is none of them', (t) => {
  t.deepEqual(parseRange('bytes=2-4', 10), { start: 2, end: 5 });
  t.deepEqual(parseRange('bytes=2-', 10), { start: 2, end: 10 });
  t.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 10 });
  t.deepEqual(parseRange('bytes=-30', 10), { start: 0, end: 10 });
  t.is(parseRange('bytes=-0', 10), 'unsatisfiable');
  t.is(parseRange('bytes=10-', 10), 'unsatisfiable');
  t.is(parseRange('bytes=0-', 0), 'unsatisfiable');
  for (const header of [undefined, '', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'bytes=a-b']) {
    t.is(parseRange(header, 10), 'whole', header);
  }
});

test('a blob that rots or goes after it was served whole is told of a minute later', async (t) => {
  const { files, blob, ask, time, damaged } = await scene();
  const url = `/sha256/${blob.sha256}`;
  await bodyOf(await ask(url));
  const rotten = bytes.slice();
  rotten[100] = rotten[100]! ^ 1;
  await files.write(`sha256/${blob.sha256}`, rotten);
  time.now = 60_000;
  await t.throwsAsync(async () => bodyOf(await ask(url)), { code: 'ARTIFACT_DAMAGED' });
  await files.remove(`sha256/${blob.sha256}`);
  t.is((await ask(url)).status, 404);
  t.deepEqual(damaged, [`sha256/${blob.sha256}`, `sha256/${blob.sha256}`]);
});

test('a file that may change is served as it was written: it is written again before anybody has it otherwise', async (t) => {
  const files = new DirectoryFiles(new SimDisk(), '/store');
  const right = new TextEncoder().encode('right');
  let mends = 0;
  const handler = serveArtifacts({
    files,
    clock: { monotonic: () => 0 },
    isRight: (_, found) => Buffer.from(found ?? []).equals(right),
    onDamaged: async (file) => {
      mends += 1;
      if (mends < 3) await files.write(file, right);
    },
    onTrouble: () => {},
  });
  const ask = () => handler({ method: 'GET', url: '/tuf/timestamp.json', headers: {} }, { address: 'test' }, signal);
  const wrong = new TextEncoder().encode('wrong');
  t.deepEqual(await bodyOf(await ask()), right, 'it was not there');
  await files.write('tuf/timestamp.json', wrong);
  t.deepEqual(await bodyOf(await ask()), right, 'it was another');
  await files.write('tuf/timestamp.json', wrong);
  t.is((await ask()).status, 503, 'it can not be written');
});

test('a path that is none of ours never reaches the files', async (t) => {
  const files = new Proxy(new DirectoryFiles(new SimDisk(), '/store'), {
    get: (_, method) => () => t.fail(`the files were asked to ${String(method)}`),
  });
  const handler = serveArtifacts({
    files,
    clock: { monotonic: () => 0 },
    isRight: () => true,
    onDamaged: async () => {},
    onTrouble: () => {},
  });
  const hostile = [
    '/sha256/../key.json',
    '/sha256/..%2fkey.json',
    `/sha256/${'a'.repeat(63)}`,
    '/releases/../../secret/key.json',
    '/releases/..%2f..%2fsecret/key.json',
    '/releases/%2e%2e/key.json',
    '/releases/.%2fcrane/key.json',
    '/releases/crane/.json',
    '/releases/crane/..%2f1.json',
    '/tuf/key.json',
    '/tuf/1.../key.json',
    '/tuf/1.%2e%2e%2fkey.json',
    '/tuf/1.%2f..%2f..%2fsecret%2fkey.json',
    '/tuf/0.root.json',
    '/tuf/%zz',
    '//sha256/x',
    '/key.json',
    '/',
  ];
  for (const url of hostile) {
    const answer = await handler(
      { method: 'GET', url, headers: {} },
      { address: 'test' },
      new AbortController().signal,
    );
    t.is(answer.status, 404, url);
  }
});

test('an index may change and is asked for again; metadata with a version never changes; nothing else answers', async (t) => {
  const { files, store, ask } = await scene();
  await store.addRelease({ name: 'crane', version: '1.0.0+b', length: 3, sha256: '' }, bytes.slice(0, 3));
  const index = await ask('/releases/crane/1.0.0%2Bb.json');
  t.is(index.status, 200);
  t.is(index.headers['cache-control'], 'no-cache');
  t.is(JSON.parse(Buffer.from(await bodyOf(index)).toString()).ways.length, 1);
  t.is((await ask('/releases/crane/1.0.0+b.json', { 'if-none-match': index.headers.etag! })).status, 304);
  for (const name of ['timestamp.json', 'release-names.json', '3.snapshot.json']) {
    await files.write(`tuf/${name}`, bytes.slice(0, 3));
  }
  t.is((await ask('/tuf/timestamp.json')).headers['cache-control'], 'no-cache');
  t.is((await ask('/tuf/release-names.json')).headers['cache-control'], 'no-cache');
  t.regex((await ask('/tuf/3.snapshot.json')).headers['cache-control']!, /immutable/);
  t.is((await ask('/tuf/4.snapshot.json')).status, 404);
  t.is((await ask('/tuf/timestamp.json', {}, 'POST')).status, 405);
});
