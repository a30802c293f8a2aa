import test from 'ava';
import fc from 'fast-check';
import { type Asked, actOn, actsIn } from '../../../../controller/planning/rollout/act.ts';
import { beginRollout } from '../../../../controller/planning/rollout/begin.ts';
import { actsMax, eventsMax, type Rollout } from '../../../../controller/planning/rollout/rollout.ts';

const now = 1_000_000;
const waves = [
  { name: 'canary', approve: 'before' },
  { name: 'rest', approve: 'after' },
] as const;
const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];

function rolloutIn(state: Rollout['state'], more: Partial<Rollout> = {}): Rollout {
  const wanted = { fleet: 'ships', target: second, before: first, revision: 'd'.repeat(40), subject: 'Pump 1.1.0' };
  return { ...beginRollout(undefined, [], wanted, now).rollout, state, ...more };
}

function asked(act: Asked['act'], more: Partial<Asked> = {}): Asked {
  return { act, who: 'Ada', why: 'it is late', ...more };
}

function after(rollout: Rollout, one: Asked): Rollout {
  const acted = actOn(rollout, one, waves, now + 5);
  if (acted.kind === 'refused') throw new Error(acted.message);
  return acted.rollout;
}

function refusal(rollout: Rollout, one: Asked): string | undefined {
  const acted = actOn(rollout, one, waves, now + 5);
  return acted.kind === 'refused' ? acted.message : undefined;
}

test('who paused a rollout and why stands in its reason and among its acts, and resuming goes on', (t) => {
  const paused = after(rolloutIn('running'), asked('pause'));
  t.like(paused, { state: 'paused', reason: { code: 'ROLLOUT_PAUSED', message: 'Ada paused it: it is late' } });
  t.deepEqual(paused.acts, [{ at: now + 5, who: 'Ada', act: 'pause', why: 'it is late' }]);
  t.is(after(paused, asked('resume')).state, 'running');
});

test('approving takes the wave that is open, or the one that is named, once', (t) => {
  t.deepEqual(after(rolloutIn('running'), asked('approve')).approved, ['canary']);
  const both = after(after(rolloutIn('running'), asked('approve')), asked('approve', { wave: 'rest' }));
  t.deepEqual(both.approved, ['canary', 'rest']);
  t.is(refusal(both, asked('approve', { wave: 'rest' })), 'wave rest is approved already');
  const message = 'fleet ships has no wave "rst"; its waves are canary, rest';
  t.is(refusal(both, asked('approve', { wave: 'rst' })), message);
  const shrunk = rolloutIn('running', { wave: 5 });
  t.deepEqual(after(shrunk, asked('approve')).approved, ['rest'], 'of fewer waves the last one is open');
  const without = (approve: 'before' | undefined) => {
    const acted = actOn(
      rolloutIn('running'),
      asked('approve'),
      [{ name: 'canary' }, { name: 'rest', ...(approve && { approve }) }],
      now,
    );
    return acted.kind === 'refused' && acted.message;
  };
  t.is(without('before'), 'wave canary needs no yes; those that do are rest');
  t.is(without(undefined), 'wave canary needs no yes; no wave does');
});

test('an abort halts, and takes devices back where that is wanted and there is something to go back to', (t) => {
  t.is(after(rolloutIn('running'), asked('abort')).state, 'halted');
  t.is(after(rolloutIn('halted'), asked('abort', { revert: true })).state, 'reverting');
  t.regex(refusal(rolloutIn('halted'), asked('abort'))!, /halted already/);
  const { good: _, ...alone } = rolloutIn('running');
  t.regex(refusal(alone, asked('abort', { revert: true }))!, /nothing to go back to/);
});

test('a retry begins the wave anew that failed', (t) => {
  const retried = after(rolloutIn('halted', { wave: 1, gatePassedAt: now }), asked('retry'));
  t.like(retried, { state: 'running', wave: 1, waveStartedAt: now + 5, gatePassedAt: undefined });
});

test('a retry of what was reverted begins with the first wave, and its yes is asked for anew: nobody runs it any more', (t) => {
  const reverted = { code: 'REVERTED', message: 'all its devices were issued what was good' };
  const more = { wave: 1, approved: ['canary'] };
  t.like(after(rolloutIn('halted', { ...more, reason: reverted }), asked('retry')), { wave: 0, approved: [] });
  t.like(after(rolloutIn('reverting', more), asked('retry')), { wave: 0, approved: [] });
  t.like(after(rolloutIn('halted', more), asked('retry')), more);
});

test('no wave loses patience while its rollout is paused, nor before it was said yes to', (t) => {
  const at = (rollout: Rollout, one: Asked, time: number): Rollout => {
    const acted = actOn(rollout, one, waves, time);
    if (acted.kind === 'refused') throw new Error(acted.message);
    return acted.rollout;
  };
  const paused = at(rolloutIn('running'), asked('pause'), now + 10);
  t.is(at(paused, asked('resume'), now + 100).waveStartedAt, now + 90);
  const approved = at(paused, asked('approve'), now + 50);
  t.is(at(approved, asked('resume'), now + 100).waveStartedAt, now + 100);
  t.is(at(paused, asked('resume'), now + 5).waveStartedAt, now, 'a clock that was set back takes no patience');
});

test('however many devices are let take modules whole in a pause, no patience is lost in it', (t) => {
  const at = (rollout: Rollout, one: Asked, time: number): Rollout => {
    const acted = actOn(rollout, one, waves, time);
    if (acted.kind === 'refused') throw new Error(acted.message);
    return acted.rollout;
  };
  let rollout = at(rolloutIn('running'), asked('pause'), now + 10);
  for (let nth = 0; nth <= actsMax; nth += 1)
    rollout = at(rollout, asked('allow-whole', { device: `radar-${nth}` }), now + 20);
  t.is(rollout.acts.length, actsMax);
  t.is(at(rollout, asked('resume'), now + 100).waveStartedAt, now + 90);
});

test('each retry is counted, however much is done after it', (t) => {
  let rollout = after(rolloutIn('halted'), asked('retry'));
  for (let count = 0; count < actsMax; count += 1) {
    rollout = after(after(rollout, asked('pause')), asked('resume'));
  }
  t.is(rollout.retries, 1);
  t.is(rollout.acts.length, actsMax);
  t.is(after({ ...rollout, state: 'halted' }, asked('retry')).retries, 2);
});

test('what means nothing in a state is refused with what would, and changes nothing', (t) => {
  const message = 'the rollout of fleet ships is running: it takes pause, approve, abort, not resume';
  t.is(refusal(rolloutIn('running'), asked('resume')), message);
  t.regex(refusal(rolloutIn('done'), asked('pause'))!, /is done: a commit takes it back, not pause/);
});

test('whatever is done to a rollout, an act is taken in the states that allow it alone, and what is remembered is bounded', (t) => {
  const acts = fc.constantFrom('pause', 'resume', 'approve', 'abort', 'retry');
  const anything = fc.record({ act: acts, wave: fc.constantFrom('canary', 'rest'), revert: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 120 }), (all) => {
      let rollout = rolloutIn('running');
      for (const one of all) {
        const acted = actOn(rollout, asked(one.act, one), waves, now);
        if (!actsIn[rollout.state].includes(one.act)) t.is(acted.kind, 'refused');
        if (acted.kind === 'refused') continue;
        t.true(acted.rollout.acts.length <= actsMax);
        t.is(acted.rollout.acts.at(-1)?.act, one.act);
        t.deepEqual([acted.rollout.target, acted.rollout.good], [second, first]);
        rollout = acted.rollout;
      }
    }),
  );
});

test('what happens to a rollout is told in order, by itself or by an act, and of much the newest', (t) => {
  const approved = after(after(rolloutIn('running'), asked('approve')), asked('pause', { why: '' }));
  t.deepEqual(
    approved.events.map(({ at, code, message }) => [at - now, code, message]),
    [
      [0, 'ROLLOUT_STARTED', 'it begins with its first wave'],
      [5, 'WAVE_APPROVED', 'Ada approved wave canary: it is late'],
      [5, 'ROLLOUT_PAUSED', 'Ada paused it'],
    ],
  );
  let rollout = approved;
  for (let n = 0; n < eventsMax; n += 1) rollout = after(rollout, asked(n % 2 === 0 ? 'resume' : 'pause'));
  t.is(rollout.events.length, eventsMax);
  t.is(rollout.events.at(-1)?.code, 'ROLLOUT_PAUSED');
});

test('an act on a rollout that was looked at does nothing to the one that took its place', (t) => {
  const rollout = rolloutIn('halted');
  t.is(after(rollout, asked('retry', { number: rollout.number })).state, 'running');
  const message = `fleet ships is at rollout ${rollout.number}, of commit ddddddd, not 7: look at that one first`;
  t.is(refusal(rollout, asked('retry', { number: 7 })), message);
});
