import { createServer, type Server, type Socket } from 'node:net';
import anyTest from 'ava';
import { BucketFiles } from '../../../../controller/publishing/bucket/bucket-files.ts';
import { bucketPlace } from '../../../../controller/publishing/bucket/bucket-place.ts';
import { nodeClock as clock } from '../../../../platform/node/clock.ts';
import { openNetwork } from '../../../../platform/node/network.ts';
import type { Network } from '../../../../platform/ports.ts';
import { conforms } from '../files/conformance.ts';
import { hasSwift, TestBuckets, withSwift } from './test-bucket.ts';

const test = withSwift(anyTest);
const network = openNetwork(() => ({}));
let service: TestBuckets;
let buckets = 0;

anyTest.before(async () => {
  if (hasSwift) service = await TestBuckets.start();
});
anyTest.after.always(() => service?.stop());

async function freshBucket() {
  buckets += 1;
  const bucket = `fleet-${buckets}`;
  const s3 = await service.make(bucket);
  const open = (more: { secretAccessKey?: string; endpoint?: string; network?: Network } = {}) =>
    new BucketFiles({ ...service.place, bucket, prefix: 'shore', network, clock, ...more });
  return { bucket, s3, open };
}

conforms(test, 'a bucket', async () => {
  const { s3, open } = await freshBucket();
  const tamper = async (path: string, bytes: Uint8Array) => {
    await s3.putObject(`shore/${path}`, bytes);
  };
  return { open, tamper };
});

test('a wrong key, a bucket that is not there and a service that is gone are told apart, without the key', async (t) => {
  const { open } = await freshBucket();
  const cases = [
    [open({ secretAccessKey: 'sesame' }), 'ARTIFACTS_REFUSED', /SignatureDoesNotMatch.*look at the key/],
    [
      new BucketFiles({ ...service.place, bucket: 'nowhere', prefix: '', network, clock }),
      'ARTIFACTS_NO_BUCKET',
      /make the bucket/,
    ],
    [open({ endpoint: 'http://127.0.0.1:1' }), 'ARTIFACTS_UNREACHABLE', /ECONNREFUSED.*tried again/],
  ] as const;
  for (const [files, code, message] of cases) {
    const tries = [
      files.read('tuf/timestamp.json', 99),
      files.write('sha256/a', new Uint8Array(9)),
      files.list('sha256', 1),
    ];
    for (const attempt of tries) {
      const error = await t.throwsAsync(attempt, { code, message });
      t.notRegex(error.message, /sesame|testing/);
    }
  }
});

/** A way to the service that ends in the middle of what is sent. */
async function cuttingProxy(
  port: number,
  bytesMax: number,
): Promise<{ readonly server: Server; readonly port: number }> {
  const { connect } = await import('node:net');
  const server = createServer((inside: Socket) => {
    let left = bytesMax;
    const outside = connect(port, '127.0.0.1');
    inside.on('data', (bytes: Buffer) => {
      outside.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) for (const socket of [inside, outside]) socket.resetAndDestroy();
    });
    outside.on('data', (bytes) => inside.write(bytes));
    for (const socket of [inside, outside]) socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

test('an object that was half written is not there', async (t) => {
  const { open } = await freshBucket();
  const proxy = await cuttingProxy(service.port, 100_000);
  const cut = open({ endpoint: `http://127.0.0.1:${proxy.port}` });
  await t.throwsAsync(cut.write('sha256/a', new Uint8Array(300_000)), { code: 'ARTIFACTS_UNREACHABLE' });
  t.is(await open().size('sha256/a'), undefined);
  t.deepEqual(await open().list('sha256', 1), []);
  proxy.server.close();
});

test('many who fetch the same blob cost the bucket each piece once', async (t) => {
  const { open } = await freshBucket();
  const asked: string[] = [];
  const counting: Network = {
    request: (request, signal) => {
      asked.push(`${request.method} ${request.headers.range ?? ''}`);
      return network.request(request, signal);
    },
  };
  await open().write('sha256/a', new Uint8Array(300_000));
  const files = open({ network: counting });
  const { signal } = new AbortController();
  const lengths = await Promise.all(
    Array.from({ length: 20 }, async () => {
      let length = 0;
      for await (const piece of files.open('sha256/a', { start: 0, end: 300_000 }, signal)) length += piece.length;
      return length;
    }),
  );
  t.deepEqual(new Set(lengths), new Set([300_000]));
  t.deepEqual(asked, ['GET bytes=0-262143', 'GET bytes=262144-524287']);
});

anyTest('a bucket is named by s3://, with a prefix of any depth; without an endpoint it is one of AWS', (t) => {
  t.is(bucketPlace(undefined), undefined);
  t.is(bucketPlace({ region: 'eu-north-1' }), undefined);
  const key = { accessKeyId: 'a', secretAccessKey: 'b' };
  t.like(bucketPlace({ url: 's3://fleet', region: 'eu-north-1', ...key }), {
    ...{ bucket: 'fleet', prefix: '', endpoint: 'https://s3.eu-north-1.amazonaws.com' },
  });
  t.like(bucketPlace({ url: 's3://fleet/one/two', endpoint: 'https://s3.example:9000', ...key }), {
    ...{ bucket: 'fleet', prefix: 'one/two', endpoint: 'https://s3.example:9000' },
  });
});
