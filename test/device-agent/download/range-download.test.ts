import test from 'ava';
import { DownloadError } from '../../../device-agent/download/download-error.ts';
import { downloadBlob } from '../../../device-agent/download/range-download.ts';
import { type HttpRequest, type HttpResponse, type Network, NetworkError } from '../../../platform/ports.ts';
import { loseAll } from '../../sim/disk-crash.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleBytes, sha256 } from '../shore.ts';

const bytes = moduleBytes('a large module', 1_000_000);
const blob = { url: 'https://shore/sha256/x', sha256: sha256(bytes), length: bytes.length };

/** A server of one blob whose answers break off after `cutAfter` bytes, and can be told to be odd in other ways. */
class Server implements Network {
  cutAfter = Number.POSITIVE_INFINITY;
  etag: string | undefined = '"one"';
  content: Uint8Array = bytes;
  takesRanges = true;
  announcesLength = false;
  /** Said of every range instead of what is true. */
  contentRange: string | undefined;
  /** How a cache packs whatever it passes on. */
  coding: string | undefined;
  status: number | undefined;
  contentType: string | undefined;
  location: string | undefined;
  /** Milliseconds that each 10,000 bytes take. */
  chunkMs = 0;
  #ms = 0;
  onChunk = (): void => {};
  readonly requests: HttpRequest[] = [];
  sent = 0;

  monotonic(): number {
    return this.#ms;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    this.requests.push(request);
    const wanted = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ifRange = request.headers['if-range'];
    const from = this.takesRanges && (ifRange === undefined || ifRange === this.etag) ? wanted : 0;
    const headers: Record<string, string> = this.etag === undefined ? {} : { etag: this.etag };
    if (from > 0) headers['content-range'] = `bytes ${from}-${this.content.length - 1}/${this.content.length}`;
    if (from > 0 && this.contentRange !== undefined) headers['content-range'] = this.contentRange;
    if (this.contentType !== undefined) headers['content-type'] = this.contentType;
    if (this.location !== undefined) headers.location = this.location;
    if (this.coding !== undefined) headers['content-encoding'] = this.coding;
    if (this.announcesLength) headers['content-length'] = String(this.content.length - from);
    return { status: this.status ?? (from > 0 ? 206 : 200), headers, body: this.#body(from) };
  }

  async *#body(from: number): AsyncGenerator<Uint8Array> {
    let left = this.cutAfter;
    for (let at = from; at < this.content.length; at += 10_000) {
      const chunk = this.content.subarray(at, at + 10_000);
      if (left < chunk.length) throw new NetworkError('CUT', 'the link went down');
      left -= chunk.length;
      this.sent += chunk.length;
      this.#ms += this.chunkMs;
      this.onChunk();
      yield chunk;
    }
  }
}

/** As much as comes may come. */
const free = {
  exit: () => undefined,
  failed: () => false,
  ask: () => Number.POSITIVE_INFINITY,
  took: () => {},
  came: (_flow: object): unknown => undefined,
};

function begin(): { disk: SimDisk; server: Server; flows: object[]; get: () => Promise<string> } {
  const flows: object[] = [];
  const disk = new SimDisk();
  disk.makeDirectory('/partial');
  disk.syncDirectory('/');
  const server = new Server();
  const get = async (): Promise<string> => {
    const part = await downloadBlob(
      { disk, network: server, clock: server },
      '/partial',
      blob,
      { countBytes: () => {}, toll: { ...free, came: (flow) => flows.push(flow) } },
      new AbortController().signal,
    );
    return sha256(disk.readFile(part.path));
  };
  return { disk, server, flows, get };
}

test('a download goes on after a cut where it stopped, whatever a cache makes of entity tags', async (t) => {
  const { server, get } = begin();
  server.etag = 'W/"one"';
  server.cutAfter = 400_000;
  await t.throwsAsync(get, { code: 'CUT' });
  await t.throwsAsync(get, { code: 'CUT' });
  t.is(await get(), blob.sha256);
  t.is(server.sent, bytes.length, 'no byte travelled twice');
  t.deepEqual(
    server.requests.map(({ headers }) => [headers.range, headers['if-range']]),
    [
      [undefined, undefined],
      ['bytes=400000-', undefined],
      ['bytes=800000-', undefined],
    ],
  );
});

test('a power cut costs at most what came since the last checkpoint', async (t) => {
  const { disk, server, get } = begin();
  disk.crashAfter(58);
  await t.throwsAsync(get);
  disk.crash(loseAll);
  disk.restart();
  const before = server.sent;
  t.true(before > 256 * 1024);
  t.is(await get(), blob.sha256);
  t.true(server.sent - bytes.length < 270_000, `${server.sent - bytes.length} bytes travelled twice`);
});

test('what lies beyond the last checkpoint is never trusted', async (t) => {
  const { disk, server, get } = begin();
  server.cutAfter = 400_000;
  await t.throwsAsync(get, { code: 'CUT' });
  {
    using file = disk.open(`/partial/${blob.sha256}.part`, 'write');
    file.write(400_000, new Uint8Array(50_000).fill(7));
  }
  server.cutAfter = Number.POSITIVE_INFINITY;
  t.is(await get(), blob.sha256);
});

test('of wrong bytes the newest are doubted first, then those before them, and the next try starts clean', async (t) => {
  const { server, get } = begin();
  server.cutAfter = 400_000;
  server.content = moduleBytes('another', 1_000_000);
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { cutAfter: Number.POSITIVE_INFINITY, content: bytes });
  await t.throwsAsync(get, { code: 'FOREIGN_ANSWER', message: /fetched anew from byte 400000 on/ });
  await t.throwsAsync(get, { code: 'ARTIFACT_DAMAGED' });
  t.is(await get(), blob.sha256);
});

test('good progress outlives somebody on the way who knows the length and sends other bytes', async (t) => {
  const { server, get } = begin();
  server.cutAfter = 800_000;
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { cutAfter: Number.POSITIVE_INFINITY, content: moduleBytes('another', 1_000_000) });
  await t.throwsAsync(get, { code: 'FOREIGN_ANSWER' });
  server.content = bytes;
  server.sent = 0;
  t.is(await get(), blob.sha256);
  t.is(server.sent, 200_000);
});

test('a page without a length never becomes the first bytes of a module', async (t) => {
  const { server, get } = begin();
  server.content = Buffer.from('<html>Pay for an hour</html>');
  await t.throwsAsync(get, { code: 'FOREIGN_ANSWER', message: /ended by itself at 28 of 1000000 bytes/ });
  Object.assign(server, { content: bytes, sent: 0 });
  t.is(await get(), blob.sha256);
  t.is(server.sent, bytes.length);
  t.deepEqual(server.requests.at(-1)?.headers.range, undefined);
});

test('what was somebody else’s tells nothing of how fast modules come', async (t) => {
  const { server, flows, get } = begin();
  Object.assign(server, { content: Buffer.alloc(30_000, '<p>Pay'), chunkMs: 1_000 });
  await t.throwsAsync(get, { code: 'FOREIGN_ANSWER' });
  t.deepEqual(flows, []);
  server.content = bytes;
  await get();
  t.is(flows.length, 1);
});

const portals: readonly (readonly [string, Partial<Server>])[] = [
  ['a page', { contentType: 'text/html; charset=utf-8' }],
  ['302 and sends to login.port.example', { status: 302, location: 'https://login.port.example/?device=7' }],
  ['307 and sends to another path', { status: 307, location: '/welcome' }],
  ['511', { status: 511 }],
];

for (const [how, answers] of portals) {
  test(`a portal that answers with ${how} is told as one, and costs nothing that is there`, async (t) => {
    const { server, get } = begin();
    server.cutAfter = 400_000;
    await t.throwsAsync(get, { code: 'CUT' });
    const page = Buffer.from('<html>Pay for an hour</html>');
    Object.assign(server, { cutAfter: Number.POSITIVE_INFINITY, takesRanges: false, content: page, ...answers });
    const { message } = await t.throwsAsync(get, { code: 'PORTAL' });
    t.true(message.includes(how), message);
    Object.assign(server, { ...{ takesRanges: true, content: bytes, status: undefined }, contentType: undefined });
    t.is(await get(), blob.sha256);
    t.is(server.requests.at(-1)?.headers.range, 'bytes=400000-');
  });
}

test('short stays with power on a slow link keep what they carried, but for the last seconds', async (t) => {
  const { disk, server, get } = begin();
  // 64 kbit/s, on which the power goes after 30 s, four times.
  server.chunkMs = 1_250;
  for (let stay = 1; stay <= 4; stay++) {
    server.onChunk = () => server.sent >= stay * 240_000 && disk.crashAfter(0);
    await t.throwsAsync(get, { name: 'PowerCut' });
    disk.crash(loseAll);
    disk.restart();
  }
  server.onChunk = () => {};
  t.is(await get(), blob.sha256);
  t.true(server.sent - bytes.length <= 4 * 30_000, `${server.sent - bytes.length} bytes travelled twice`);
});

test('checkpoints of the slowest link come at most once for each 16 KiB', async (t) => {
  const { disk, server, get } = begin();
  const operationsAt = async (chunkMs: number): Promise<number> => {
    const before = disk.operations;
    server.chunkMs = chunkMs;
    t.is(await get(), blob.sha256);
    return disk.operations - before;
  };
  const quick = await operationsAt(0);
  disk.remove(`/partial/${blob.sha256}.part`);
  const more = (await operationsAt(60_000)) - quick;
  t.true(more > 100 && more <= 4 * Math.ceil(bytes.length / 16_384), `${more} operations more`);
});

test('what is there outlives a server that knows no ranges and breaks off before it', async (t) => {
  const { server, get } = begin();
  server.cutAfter = 700_000;
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { cutAfter: 300_000, takesRanges: false });
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { takesRanges: true });
  t.is(await get(), blob.sha256);
  t.is(server.requests.at(-1)?.headers.range, 'bytes=700000-');
});

test('a server that knows no ranges is heard to the end', async (t) => {
  const { server, get } = begin();
  server.cutAfter = 405_000;
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { cutAfter: Number.POSITIVE_INFINITY, takesRanges: false });
  t.is(await get(), blob.sha256);
});

test("a portal's page in place of the file leaves what is there alone", async (t) => {
  const { server, get } = begin();
  server.cutAfter = 400_000;
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { cutAfter: Number.POSITIVE_INFINITY, takesRanges: false, announcesLength: true });
  server.content = Buffer.from('<html>Pay for an hour</html>');
  await t.throwsAsync(get, { code: 'ARTIFACT_DAMAGED', message: /announces 28 bytes, not 1000000/ });
  Object.assign(server, { takesRanges: true, content: bytes });
  t.is(await get(), blob.sha256);
  t.is(server.requests.at(-1)?.headers.range, 'bytes=400000-');
});

test('wrong bytes are thrown away whole, and the next try starts clean', async (t) => {
  const { disk, server, get } = begin();
  server.content = moduleBytes('another', 1_000_000);
  await t.throwsAsync(get, { code: 'ARTIFACT_DAMAGED' });
  t.deepEqual(disk.list('/partial'), []);
  server.content = bytes;
  t.is(await get(), blob.sha256);
});

test('a body longer than announced is cut off at once', async (t) => {
  const { server, get } = begin();
  server.content = new Uint8Array(50_000_000);
  await t.throwsAsync(get, { code: 'ARTIFACT_DAMAGED' });
  t.true(server.sent <= blob.length + 10_000);
});

test('an answer that is neither yes nor no has its own code', async (t) => {
  const { server, get } = begin();
  server.status = 404;
  await t.throwsAsync(get, { code: 'ARTIFACT_MISSING' });
  server.status = 503;
  await t.throwsAsync(get, { code: 'SERVER_BUSY' });
  server.status = 403;
  await t.throwsAsync(get, { code: 'SERVER_REFUSED' });
  server.status = 206;
  await t.throwsAsync(get, { code: 'SERVER_REFUSED' });
});

for (const contentRange of ['bytes 500000-999999/1000000', 'bytes=400000-', '', 'bytes 400000-999999/999999']) {
  test(`what is there outlives a cache that answers with another range: "${contentRange}"`, async (t) => {
    const { server, get } = begin();
    server.cutAfter = 400_000;
    await t.throwsAsync(get, { code: 'CUT' });
    Object.assign(server, { contentRange, cutAfter: 300_000 });
    await t.throwsAsync(get);
    Object.assign(server, { contentRange: undefined, cutAfter: Number.POSITIVE_INFINITY });
    t.is(await get(), blob.sha256);
    t.is(server.requests.at(-1)?.headers.range, 'bytes=400000-');
  });
}

test('where ranges are answered wrongly the whole is asked for, and the download ends', async (t) => {
  const { server, get } = begin();
  server.cutAfter = 400_000;
  await t.throwsAsync(get, { code: 'CUT' });
  Object.assign(server, { contentRange: 'bytes 0-1/2', status: 416, cutAfter: Number.POSITIVE_INFINITY });
  await t.throwsAsync(get, { code: 'SERVER_REFUSED' });
  server.status = undefined;
  server.contentRange = 'bytes 600000-999999/1000000';
  t.is(await get(), blob.sha256);
});

test('a blob is asked for unpacked, and packed all the same it is refused before its bytes are paid for', async (t) => {
  const { disk, server, get } = begin();
  server.coding = 'gzip';
  await t.throwsAsync(get, { code: 'SERVER_REFUSED', message: /came packed \(gzip\)/ });
  t.is(server.requests[0]?.headers['accept-encoding'], 'identity');
  t.true(server.sent < 40_000, `${server.sent} bytes`);
  t.is(disk.stat(`/partial/${blob.sha256}.part`)?.bytes, 0);
});

test('no more is asked for than may still travel, and who sends more is not heard to the end', async (t) => {
  const { disk, server } = begin();
  let left = 100_000;
  const toll = {
    ...free,
    ask: () => {
      if (left <= 0) throw new DownloadError('LINK_BUDGET', 'no more');
      return left;
    },
    took: (taken: number) => {
      left -= taken;
    },
  };
  const ports = { disk, network: server, clock: server };
  const get = () => downloadBlob(ports, '/partial', blob, { countBytes: () => {}, toll }, new AbortController().signal);
  await t.throwsAsync(get, { code: 'LINK_BUDGET' });
  t.is(server.requests[0]?.headers.range, 'bytes=0-99999');
  t.is(server.sent, 100_000, 'it sends the whole');
  await t.throwsAsync(get, { code: 'LINK_BUDGET' });
  t.is(server.requests.length, 1, 'nothing is asked for where nothing may come');
  left = Number.POSITIVE_INFINITY;
  t.is(sha256(disk.readFile((await get()).path)), blob.sha256);
  t.is(server.requests.at(-1)?.headers.range, 'bytes=100000-');
});
