import test from 'ava';
import { NeighbourDoor } from '../../../device-agent/neighbours/neighbour-door.ts';
import type { HttpResponse } from '../../../platform/ports.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { sha256 } from '../shore.ts';

const module = Buffer.alloc(300_000, 'module');
const url = `/sha256/${sha256(module)}`;

function open(): (device: string | undefined, headers?: Record<string, string>) => Promise<HttpResponse> {
  const disk = new SimDisk();
  disk.makeDirectory('/store');
  using file = disk.open(`/store/${sha256(module)}`, 'write');
  file.write(0, module);
  const door = new NeighbourDoor({ disk, storeDirectory: '/store' });
  return (device, headers = {}) => {
    const peer = { address: '10.0.0.2', ...(device === undefined ? {} : { device }) };
    return door.handle({ method: 'GET', url, headers }, peer, new AbortController().signal);
  };
}

async function bytesOf({ body }: HttpResponse): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(body));
}

test('a range is answered from its first byte to its last, and one behind the end with none', async (t) => {
  const ask = open();
  const range = await ask('bella', { range: 'bytes=100-199' });
  t.like(range, { status: 206, headers: { 'content-range': 'bytes 100-199/300000', 'content-length': '100' } });
  t.deepEqual(await bytesOf(range), module.subarray(100, 200));
  t.like(await ask('bella', { range: 'bytes=300000-' }), { status: 416 });
  for (const odd of ['bytes=-5', 'bytes=1-2,5-6', 'lines=1-2', 'bytes=9-3'])
    t.true([200, 416].includes((await ask('bella', { range: odd })).status), odd);
});

test('a newer answer ends the one before', async (t) => {
  const ask = open();
  const [lost, newer] = [(await ask('bella')).body, (await ask('bella')).body].map((one) =>
    one[Symbol.asyncIterator](),
  );
  await lost!.next();
  await newer!.next();
  await t.throwsAsync(lost!.next() as Promise<unknown>, { message: 'bella asks anew' });
});

test('four devices are answered at a time', async (t) => {
  const ask = open();
  const begun: AsyncIterator<Uint8Array>[] = [];
  for (const device of ['a', 'b', 'c', 'd']) {
    const chunks = (await ask(device)).body[Symbol.asyncIterator]();
    await chunks.next();
    begun.push(chunks);
  }
  t.like(await ask('e'), { status: 503, headers: { 'retry-after': '5' } });
  await begun[0]!.return!();
  t.deepEqual(await bytesOf(await ask('e')), module);
});

test('who has no name is given nothing', async (t) => {
  t.is((await open()(undefined)).status, 403);
});
