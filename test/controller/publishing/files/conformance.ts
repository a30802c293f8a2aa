/** What every place for artifacts has to do, told once; each engine's test hands its own in. */

import type { ExecutionContext, SkipFn, TestFn } from 'ava';
import { ArtifactStore } from '../../../../controller/publishing/artifact-store.ts';
import type { ArtifactFiles } from '../../../../controller/publishing/files/artifact-files.ts';
import { serveArtifacts } from '../../../../controller/publishing/serve-artifacts.ts';
import { sha256Hex } from '../../../../schemas/sha256.ts';

/** A place with nothing in it, and another program that puts things there. */
export interface Place {
  /** As another program sees it, too: nothing that one of them remembers helps the other. */
  readonly open: () => ArtifactFiles;
  readonly tamper: (path: string, bytes: Uint8Array) => Promise<void>;
}

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const bytesOf = (words: string) => new TextEncoder().encode(words);
const { signal } = new AbortController();
/** Longer than any piece in which it may be read, and no multiple of one. */
const long = Uint8Array.from({ length: 600_001 }, (_, at) => (at * 31) & 255);

async function taken(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

async function ask(t: ExecutionContext, files: ArtifactFiles, url: string, range?: string, damaged: string[] = []) {
  const handler = serveArtifacts({
    files,
    clock: { monotonic: () => 0 },
    isRight: () => true,
    onDamaged: async (file) => damaged.push(file),
    onTrouble: (error) => t.fail(error.message),
  });
  const headers = range === undefined ? {} : { range };
  return handler({ method: 'GET', url, headers }, { address: 'test' }, signal);
}

export function conforms(test: TestFn | SkipFn, name: string, place: () => Promise<Place>): void {
  test(`${name}: what is written is there whole, for another program too, and replaced whole`, async (t) => {
    const { open } = await place();
    const files = open();
    t.is(await files.read('tuf/timestamp.json', 100), undefined);
    t.is(await files.size('tuf/timestamp.json'), undefined);
    await files.write('tuf/timestamp.json', bytesOf('one'));
    await files.write('tuf/timestamp.json', bytesOf('other'));
    await files.write('tried/a-b', new Uint8Array());
    for (const reader of [files, open()]) {
      t.is(text(await reader.read('tuf/timestamp.json', 5)), 'other');
      t.is(await reader.size('tuf/timestamp.json'), 5);
      t.is(await reader.size('tried/a-b'), 0);
      await t.throwsAsync(reader.read('tuf/timestamp.json', 4), { code: 'ARTIFACT_TOO_LARGE' });
    }
  });

  test(`${name}: any part of a long file is read as it is, and one that is shorter than was thought ends with an error`, async (t) => {
    const files = (await place()).open();
    await files.write('sha256/long', long);
    for (const [start, end] of [
      [0, long.length],
      [5, 9],
      [262_143, 262_145],
      [599_999, 600_001],
      [7, 7],
    ] as const) {
      t.true(same(await taken(files.open('sha256/long', { start, end }, signal)), long.subarray(start, end)));
    }
    await t.throwsAsync(taken(files.open('sha256/long', { start: 0, end: long.length + 1 }, signal)));
    await t.throwsAsync(taken(files.open('sha256/none', { start: 0, end: 1 }, signal)));
  });

  test(`${name}: a folder lists what lies in it and not what its name begins, and what is removed is gone`, async (t) => {
    const files = (await place()).open();
    t.deepEqual(await files.list('releases', 2), []);
    for (const path of [
      'releases/crane/1.0.0+b.json',
      'releases/buoy/2.json',
      'releases-2/x',
      'sha256/b',
      'sha256/a',
    ]) {
      await files.write(path, bytesOf('{}'));
    }
    t.deepEqual(await files.list('sha256', 1), ['sha256/a', 'sha256/b']);
    t.deepEqual(await files.list('releases', 2), ['releases/buoy/2.json', 'releases/crane/1.0.0+b.json']);
    await files.remove('releases/crane/1.0.0+b.json');
    await files.remove('releases/crane/1.0.0+b.json');
    t.deepEqual(await files.list('releases', 2), ['releases/buoy/2.json']);
    t.is(await files.read('releases/crane/1.0.0+b.json', 10), undefined);
  });

  test(`${name}: a blob whose bytes are not those of its name is cut off, told, and served again when it was put anew`, async (t) => {
    const { open, tamper } = await place();
    const files = open();
    const store = new ArtifactStore(files);
    const { sha256 } = await store.put(long);
    const flipped = long.slice();
    flipped[300_000]! ^= 1;
    await tamper(`sha256/${sha256}`, flipped);
    const damaged: string[] = [];
    const answer = await ask(t, files, `/sha256/${sha256}`, undefined, damaged);
    await t.throwsAsync(taken(answer.body), { code: 'ARTIFACT_DAMAGED' });
    t.deepEqual(damaged, [`sha256/${sha256}`]);
    t.is(await store.intact(sha256), undefined);
    t.false(await store.holds({ name: 'crane', version: '1', sha256, length: long.length }));
    await store.put(long);
    t.is(sha256Hex(await taken((await ask(t, files, `/sha256/${sha256}`)).body)), sha256);
    const part = await ask(t, files, `/sha256/${sha256}`, 'bytes=300000-300001');
    t.true(same(await taken(part.body), long.subarray(300_000, 300_002)));
  });

  test(`${name}: a blob that goes, or is cut short, after it was asked for is told, whatever part of it is fetched`, async (t) => {
    const { open, tamper } = await place();
    const files = open();
    const { sha256 } = await new ArtifactStore(files).put(long);
    const url = `/sha256/${sha256}`;
    const damaged: string[] = [];
    t.is((await ask(t, files, url)).status, 200);
    await tamper(`sha256/${sha256}`, long.subarray(0, 400_000));
    const short = await ask(t, files, url, undefined, damaged);
    await t.throwsAsync(taken(short.body), { code: 'ARTIFACT_DAMAGED' });
    await files.write(`sha256/${sha256}`, long);
    t.is((await ask(t, files, url)).status, 200);
    await open().remove(`sha256/${sha256}`);
    const gone = await ask(t, files, url, 'bytes=0-9', damaged);
    if (gone.status !== 404) await t.throwsAsync(taken(gone.body), { code: 'ARTIFACT_DAMAGED' });
    t.is((await ask(t, files, url)).status, 404, 'and nobody is promised it any more');
    t.deepEqual(damaged, [`sha256/${sha256}`, `sha256/${sha256}`]);
  });
}
