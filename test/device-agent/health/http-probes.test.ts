import test from 'ava';
import { HttpProbes } from '../../../device-agent/health/http-probes.ts';
import type { Answered } from '../../../device-agent/runtime/app-runtime.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

test('who is asked is asked every five seconds until it answers well, which is told at once, and no more', async (t) => {
  const time = new SimTime(0);
  const answers: Answered[] = ['absent', 503, 204, 200];
  const asked: string[] = [];
  const ask = async (name: string, path: string): Promise<Answered> => {
    asked.push(`${time.now} ${name} ${path}`);
    return answers.shift()!;
  };
  const good: number[] = [];
  const probes = new HttpProbes(time.clock({ alive: true }), { ask }, () => void good.push(time.now));
  const health = new Map([
    ['gauge', { http: { path: '/depth', withinSeconds: 60 } }],
    ['horn', {}],
  ]);
  probes.start(health);
  await time.runUntil(7_000);
  t.is(probes.answers.get('gauge'), 503);
  await time.runUntil(60_000);
  t.deepEqual(asked, ['0 gauge /depth', '5000 gauge /depth', '10000 gauge /depth']);
  t.deepEqual([good, probes.answers.get('gauge')], [[10_000], 204]);
});

test('an answer that comes after its deployment was judged is told to nobody', async (t) => {
  const time = new SimTime(0);
  const { promise, resolve } = Promise.withResolvers<Answered>();
  const probes = new HttpProbes(time.clock({ alive: true }), { ask: () => promise }, () => t.fail('it is over'));
  probes.start(new Map([['gauge', { http: { path: '/', withinSeconds: 60 } }]]));
  probes.stop();
  resolve(200);
  await time.runUntil(60_000);
  t.is(probes.answers.size, 0);
});
