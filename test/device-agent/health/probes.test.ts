import test from 'ava';
import { byCall, byRequest, Probes } from '../../../device-agent/health/probes.ts';
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
  const probes = new Probes(time.clock({ alive: true }), byRequest({ ask }), () => void good.push(time.now));
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

test('who is called is called until it gives 0', async (t) => {
  const time = new SimTime(0);
  const given: Answered[] = ['busy', 'failed', 3, 0, 0];
  const asked: string[] = [];
  const call = async (name: string, called: string): Promise<Answered> => {
    asked.push(`${time.now} ${name} ${called}`);
    return given.shift()!;
  };
  const good: number[] = [];
  const probes = new Probes(time.clock({ alive: true }), byCall({ call }), () => void good.push(time.now));
  probes.start(
    new Map([
      ['gauge', { call: { function: 'well', withinSeconds: 60 } }],
      ['horn', { http: { path: '/', withinSeconds: 60 } }],
    ]),
  );
  await time.runUntil(60_000);
  t.deepEqual(asked, ['0 gauge well', '5000 gauge well', '10000 gauge well', '15000 gauge well']);
  t.deepEqual([good, probes.answers.get('gauge')], [[15_000], 0]);
});

test('an answer that comes after its deployment was judged is told to nobody', async (t) => {
  const time = new SimTime(0);
  const { promise, resolve } = Promise.withResolvers<Answered>();
  const probes = new Probes(time.clock({ alive: true }), byRequest({ ask: () => promise }), () => t.fail('it is over'));
  probes.start(new Map([['gauge', { http: { path: '/', withinSeconds: 60 } }]]));
  probes.stop();
  resolve(200);
  await time.runUntil(60_000);
  t.is(probes.answers.size, 0);
});
