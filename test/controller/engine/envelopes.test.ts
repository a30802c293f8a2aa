import test from 'ava';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';
import { eventually } from '../../end-to-end/processes.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const large = (deployment: Deployment) => JSON.stringify({ ...deployment, fill: 'x'.repeat(5000) });
const fleet = (names: readonly string[]) =>
  fleetOf(names.map((name) => ({ ...namedDevice(name, `SHA256:${name}`), fleet: 'ships' })));

test('a slow place for artifacts holds up nobody: others are issued and answered, and its device when the envelope is there', async (t) => {
  const put = Promise.withResolvers<void>();
  const { engine, image } = await openEngine({
    sign: (deployment) => (deployment.device === 'large' ? large(deployment) : JSON.stringify(deployment)),
    putBlob: () => put.promise,
  });
  engine.resume(revision, fleet(['large', 'small']));
  await eventually('the other is issued', 5000, () => image.device('small').issued);
  t.is(image.device('large').issued, undefined, 'nothing names an envelope that is not there');
  put.resolve();
  await eventually('it is issued', 5000, () => image.device('large').issued);
  t.is(image.device('large').issued?.sequence, 1);
  await engine.stop();
});

test('an envelope that could not be put is owed and told; what changed while it was put is signed anew under the same sequence', async (t) => {
  const puts: PromiseWithResolvers<void>[] = [];
  const { engine, image } = await openEngine({
    sign: large,
    putBlob: () => {
      const put = Promise.withResolvers<void>();
      puts.push(put);
      return put.promise;
    },
  });
  engine.resume(revision, fleet(['one', 'two']));
  await eventually('both are put', 5000, () => puts.length === 2 || undefined);
  puts[0]!.reject(new Error('the bucket is away'));
  await eventually('it is owed', 5000, () => image.owed('issue', 'one'));
  t.regex(image.owed('issue', 'one')!.failure ?? '', /the bucket is away/);
  const newer = 'b'.repeat(40);
  engine.resume(newer, fleet(['two']));
  puts[1]!.resolve();
  await eventually('it is put again', 5000, () => puts.length === 3 || undefined);
  t.is(image.device('two').issued, undefined);
  puts[2]!.resolve();
  const issued = await eventually('it is issued', 5000, () => image.device('two').issued);
  t.like(issued, { sequence: 1, revision: newer });
  await engine.stop();
});

test('a place for artifacts that never answers is told of its devices, and keeps no place of the others', async (t) => {
  const time = new SimTime(Date.parse('2026-03-01T00:00:00Z'));
  const names = Array.from({ length: 300 }, (_, at) => `d${at}`);
  let isSilent = true;
  const { engine, image } = await openEngine({
    ...{ clock: time.clock({ alive: true }), sign: large },
    putBlob: () => (isSilent ? new Promise<never>(() => {}) : Promise.resolve()),
  });
  engine.resume(revision, fleet(names));
  await time.runUntil(time.now + 119_000);
  t.is(image.owed('issue', 'd0'), undefined);
  isSilent = false;
  await time.runUntil(time.now + 1_500);
  t.true(
    names.slice(256).every((name) => image.device(name).issued),
    'who waited for a place has it',
  );
  t.regex(image.owed('issue', 'd0')?.failure ?? '', /has not taken its envelope for 120 s/);
  await time.runUntil(time.now + 10_000);
  t.true(names.every((name) => image.device(name).issued));
});

test('more large envelopes than are put at once are all put, one after the other', async (t) => {
  const names = Array.from({ length: 700 }, (_, at) => `d${at}`);
  let putting = 0;
  let most = 0;
  const { engine, image } = await openEngine({
    sign: large,
    putBlob: async () => {
      putting += 1;
      most = Math.max(most, putting);
      await new Promise((resolve) => setImmediate(resolve));
      putting -= 1;
    },
  });
  engine.resume(revision, fleet(names));
  await eventually('all are issued', 20_000, () => names.every((name) => image.device(name).issued) || undefined);
  t.true(most > 1 && most <= 256, `${most} at once`);
  await engine.stop();
});
