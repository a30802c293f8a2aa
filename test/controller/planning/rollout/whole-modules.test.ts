import test from 'ava';
import fc from 'fast-check';
import { type Asked, actOn } from '../../../../controller/planning/rollout/act.ts';
import { withFinished } from '../../../../controller/planning/rollout/begin.ts';
import { Book } from '../../../../controller/planning/rollout/book.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import type { Rollout } from '../../../../controller/planning/rollout/rollout.ts';
import { mayGoWhole, wholeForMax, whyNotAsked } from '../../../../controller/planning/rollout/whole-modules.ts';
import { fresh, settledOn, startMs } from './world.ts';

const asked = (device?: string): Asked => ({
  ...{ act: 'allow-whole', who: 'ana', why: 'in port' },
  ...(device === undefined ? {} : { device }),
});

function after(rollout: Rollout, one: Asked): Rollout {
  const acted = actOn(rollout, one, [], startMs);
  if (acted.kind === 'refused') throw new Error(acted.message);
  return acted.rollout;
}

test('in whatever state a rollout is, those that were let may take modules whole, nobody else, and nothing else of it changes', (t) => {
  const states = fc.constantFrom<Rollout['state']>('running', 'paused', 'halted', 'reverting', 'done');
  const names = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
  fc.assert(
    fc.property(states, names, fc.boolean(), (state, let_, isForAll) => {
      const before: Rollout = { ...fresh(true), state };
      let rollout = [...new Set(let_)].reduce((one, name) => after(one, asked(name)), before);
      if (isForAll) rollout = after(rollout, asked());
      for (const name of ['a', 'b', 'c', 'd'])
        t.is(mayGoWhole(rollout, name), isForAll || let_.some((one) => one === name));
      t.like(rollout, { state, reason: before.reason, wave: before.wave, approved: before.approved });
    }),
  );
});

test('who let whom and why is told, and twice is refused', (t) => {
  const one = after(fresh(true), asked('aurora'));
  t.like(one.events.at(-1), { code: 'WHOLE_ALLOWED', message: 'ana lets aurora take modules whole: in port' });
  t.like(one.acts.at(-1), { who: 'ana', act: 'allow-whole', why: 'in port' });
  t.like(actOn(one, asked('aurora'), [], startMs), { message: 'aurora may take modules whole already' });
  const all = after(one, asked());
  t.is(all.events.at(-1)?.message, 'ana lets devices that ask take modules whole: in port');
  t.like(actOn(all, asked('borealis'), [], startMs), { message: 'all its devices may take modules whole already' });
  const many = { ...fresh(true), wholeFor: Array.from({ length: wholeForMax }, (_, at) => `ship-${at}`) };
  t.regex((actOn(many, asked('aurora'), [], startMs) as { message: string }).message, /no more are kept; let all/);
});

test('where devices do not ask nobody is let', (t) => {
  const why = (wholeModules?: 'allow' | 'ask' | 'never') =>
    whyNotAsked(fresh(true), { ...(wholeModules && { bytes: { wholeModules } }) } as RolloutPolicy);
  t.is(why('ask'), undefined);
  t.regex(why('never')!, /none of its devices asks; commit ask, or allow/);
  t.regex(why('allow')!, /without asking/);
  t.is(why(), why('allow'));
});

test('a rollout that is over keeps no names of devices that were let', (t) => {
  const [finished] = withFinished([], { rollout: after(fresh(true), asked('aurora')), outcome: 'done', now: startMs });
  t.is(finished?.wholeFor, undefined);
  t.is(finished?.acts.at(-1)?.act, 'allow-whole');
});

test('a book counts who asks to take modules whole, from when it does until it asks no more or has left', (t) => {
  const waves: RolloutPolicy['waves'] = [
    {
      ...{ name: 'all', soakMs: 0 },
      gate: {
        ...{ successPercent: 100, contacts: { kind: 'count', count: 1 }, patienceMs: 1 },
        failures: { kind: 'count', count: 1 },
      },
    },
  ];
  const book = new Book({ waves, onFailure: 'halt' }, fresh(true));
  const settled = settledOn(2, startMs);
  const { running, ...rest } = settled.report!;
  const problem = { code: 'WHOLE_MODULE_ASKED', message: 'no delta', at: '2026-06-01T00:00:00Z', sequence: 2 };
  const fetching = { ...settled, report: { ...rest, phase: 'fetching' as const, target: running!, problem } };
  const noted = (observed: DeviceInRollout['observed'] | undefined) => {
    const isOther = book.note('a', observed && { wave: 0, on: 'target', isHeld: false, observed });
    return [isOther, book.asking];
  };
  t.deepEqual(noted({ ...fetching, report: { ...fetching.report, problem: { ...problem, sequence: 1 } } }), [true, 0]);
  t.deepEqual(noted(fetching), [true, 1]);
  t.deepEqual(noted(fetching), [false, 1]);
  t.deepEqual(noted({ ...fetching, issued: { ...settled.issued!, mayGoWhole: true } }), [true, 0]);
  t.deepEqual(noted(fetching), [true, 1]);
  t.deepEqual(noted(settled), [true, 0]);
  t.deepEqual(noted(fetching), [true, 1]);
  t.deepEqual(noted(undefined), [true, 0]);
});
