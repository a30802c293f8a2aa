/** A whole agent on simulated ports: what becomes of an application of several modules. */
import test from 'ava';
import { adder, caller, multiplier } from '../runtime/linked-modules.ts';
import { Ship } from '../ship.ts';
import { Shore, sha256 } from '../shore.ts';
import { horn1 } from './proved-ship.ts';

test('a linked module is fetched, judged and kept as every other, and the others stay where only it changes', async (t) => {
  const shore = new Shore('anna');
  const own = { name: 'gauge', version: '1.0.0', bytes: caller };
  const codecs = [adder, multiplier, horn1.bytes].map((bytes, at) => ({
    name: 'codec',
    version: `${at + 1}.0.0`,
    bytes,
  }));
  for (const app of [own, ...codecs]) shore.release(app);
  const ship = new Ship(shore);
  ship.boot();
  const linking = (sequence: number, { name, version, bytes }: (typeof codecs)[number]) => {
    const [application] = shore.deployment(sequence, [own]).applications;
    const links = { codec: { name, version, sha256: sha256(bytes), length: bytes.length } };
    return shore.desired(sequence, [own], { applications: [{ ...application!, links }] });
  };
  const modules = () => ship.disk.allFiles().filter((path) => path.startsWith('/state/sha256/'));
  const held = (...bytes: Uint8Array[]) => bytes.map((one) => `/state/sha256/${sha256(one)}`).sort();
  ship.want(linking(1, codecs[0]!));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.deepEqual(modules(), held(caller, adder));
  ship.want(linking(2, codecs[1]!));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(
    ship.report.downloads?.map(({ name, version, method }) => [name, version, method]),
    [
      ['gauge', '1.0.0', 'kept'],
      ['codec', '2.0.0', 'whole'],
    ],
  );
  t.deepEqual(modules(), held(caller, multiplier));
  ship.want(linking(3, codecs[2]!));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.problem?.code, 'MODULE_REFUSED');
  t.regex(
    ship.report.problem?.message ?? '',
    /gauge 1\.0\.0 .* codec\.f, which the module linked as codec does not export/,
  );
});
