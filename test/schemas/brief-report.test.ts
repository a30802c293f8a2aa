/** Reports in few bytes: what comes out is what went in, or nothing. */
import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { isBriefReport, packedSum, packReport, sumOfJson, unpackReport } from '../../schemas/brief-report.ts';

const at = '2026-11-01T00:00:00.000Z';

const report = (counter: number, fuelPerSecond: number) => ({
  ...{ at: new Date(counter * 1e6).toISOString(), boot: { id: 'a1b2c3d4e5f60718', number: 1 }, counter },
  ...{ agentVersion: '0.1.0', phase: 'active', since: at, highestSequence: 2 },
  running: { sequence: 2, revision: 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3' },
  applications: Array.from({ length: 10 }, (_, index) => ({
    ...{ name: `beacon-${index}`, version: '1.0.0', state: 'running', since: at, restarts: 0 },
    usage: { memoryBytes: 131_072, memoryBytesMax: 67_108_864, fuelPerSecond: fuelPerSecond + index },
  })),
});

const anyReport = fc.record({
  counter: fc.nat(),
  name: fc.string(),
  applications: fc.array(fc.record({ name: fc.string(), value: fc.double({ noNaN: true, noDefaultInfinity: true }) })),
});

test('a report comes out as it went in, over the report before it and over none', (t) => {
  fc.assert(
    fc.property(anyReport, fc.option(anyReport, { nil: undefined }), (one, base) => {
      const packed = packReport(one, base);
      t.true(isBriefReport(packed));
      const expected = { kind: 'report', sum: packedSum(packed), report: JSON.parse(JSON.stringify(one)) };
      t.deepEqual(unpackReport(packed, base), expected as never);
      if (base === undefined) t.is(unpackReport(packed, { any: 'other' }).kind, 'report');
    }),
  );
});

test('the order of members makes no difference', (t) => {
  const base = { b: { d: 1, c: 2 }, a: [1] };
  const packed = packReport({ a: [2], b: {} }, base);
  t.like(unpackReport(packed, { a: [1], b: { c: 2, d: 1 } }), { kind: 'report', report: { a: [2], b: {} } });
  t.is(sumOfJson({ a: 1, b: 2 }), sumOfJson({ b: 2, a: 1 }));
});

test('a desired state that nests without end has a sum too: who got one from a liar goes on asking', (t) => {
  const nested = (depth: number): unknown => JSON.parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  t.not(sumOfJson(nested(30_000)), sumOfJson(nested(30_001)));
});

test('of ten applications with new numbers under a hundred bytes travel', (t) => {
  const packed = packReport(report(2, 2000), report(1, 1000));
  t.true(packed.length < 100, `${packed.length}`);
  t.true(packReport(report(1, 1000)).length < 300, 'and of a first report a tenth');
});

test('over another base than its own it is not read', (t) => {
  const packed = packReport(report(2, 0), report(1, 0));
  t.is(unpackReport(packed, report(0, 0)).kind, 'other-base');
  t.is(unpackReport(packed).kind, 'other-base');
});

test('a byte that changed on the way never makes another report', (t) => {
  const [base, next] = [report(1, 0), report(2, 0)];
  const packed = packReport(next, base);
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const changed = Uint8Array.from(packed);
      changed[index]! ^= flip;
      const unpacked = unpackReport(changed, base);
      // Padding at the end of the deflated bits says nothing.
      if (unpacked.kind === 'report') t.deepEqual(unpacked.report, next as never);
    }),
  );
});

test('what would unpack to more than a report may have is not unpacked', (t) => {
  const head = packReport({}).subarray(0, 13);
  const bomb = Buffer.concat([head, deflateRawSync(Buffer.alloc(50_000_000, 32))]);
  t.is(unpackReport(bomb).kind, 'damaged');
});
