/** Courses of rollouts: some devices, what happens to them, and what becomes of it. What holds in all of them is in `rollout.test.ts`. */
import test from 'ava';
import fc from 'fast-check';
import { noTally } from '../../../../controller/planning/rollout/book.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import { noCounts, type WaveCounts } from '../../../../controller/planning/rollout/gate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import { step } from '../../../../controller/planning/rollout/step.ts';
import { strictGate } from './strict-gate.ts';
import { devices, fresh, happenings, isWell, policy, settledOn, startMs, World } from './world.ts';

const careful: RolloutPolicy['waves'][number] = { name: 'canary', soakMs: 0, gate: strictGate() };

function oneDevice(more: Partial<typeof careful> = {}): World {
  const device: DeviceInRollout = { wave: 0, on: 'nothing', isHeld: false, observed: {} };
  const world = new World({ waves: [{ ...careful, ...more }], onFailure: 'halt' }, [device], fresh(true));
  world.settle();
  return world;
}

test('what stops nothing that runs is issued at once to whoever runs well, also beside one that nobody hears', (t) => {
  const fleet = ['ship', 'ship'].map(
    (group): DeviceInRollout => ({ wave: 0, on: 'nothing', isHeld: false, group, observed: {} }),
  );
  const budget = { groupBy: { kind: 'site' as const }, maxUnavailable: 1 };
  const world = new World({ waves: [careful], budget, onFailure: 'halt' }, fleet, fresh(true));
  world.settle();
  world.happen({ kind: 'say', device: 0, word: 'settled' });
  t.deepEqual(
    world.issues.map(({ device }) => device),
    [0, 1],
  );
  world.happen({ kind: 'ask', device: 0, what: 'windows' });
  t.deepEqual(
    world.issues.map(({ device }) => device),
    [0, 1, 0],
  );
  world.happen({ kind: 'ask', device: 0, what: 'work' });
  t.is(world.issues.length, 3);
  t.deepEqual(world.permitOf(world.devices[0]!).reason, {
    code: 'BUDGET',
    message:
      'as many devices of ship as may be are on their way, or nobody knows of them: 1 was not heard since it was issued its newest',
  });
  world.happen({ kind: 'say', device: 1, word: 'settled' });
  t.deepEqual(
    world.issues.map(({ device }) => device),
    [0, 1, 0, 0],
  );
});

test('a retry offers what failed anew, and the failure before it counts no more', (t) => {
  const world = oneDevice();
  world.happen({ kind: 'say', device: 0, word: 'back' });
  t.like(world.rollout, { state: 'halted', reason: { code: 'TOO_MANY_FAILURES' } });
  t.is(world.issues.length, 1);
  world.now += 1000;
  world.happen({ kind: 'act', asked: { act: 'retry', who: 'ana', why: 'the pump was off' } });
  t.is(world.rollout.state, 'running');
  t.is(world.issues.length, 2);
  world.happen({ kind: 'say', device: 0, word: 'settled' });
  t.like(world.rollout, { state: 'done', good: world.rollout.target });
});

test('a device that gave it up before a retry, and was not offered it anew, goes back with the others', (t) => {
  const world = oneDevice({ approve: 'after' });
  world.happen({ kind: 'say', device: 0, word: 'down' });
  world.happen({ kind: 'hold', device: 0, isHeld: true });
  world.now += 1000;
  world.happen({ kind: 'act', asked: { act: 'retry', who: 'ana', why: '' } });
  world.happen({ kind: 'act', asked: { act: 'abort', who: 'ana', why: '', revert: true } });
  t.is(world.devices[0]?.on, 'target');
  world.happen({ kind: 'hold', device: 0, isHeld: false });
  t.is(world.devices[0]?.on, 'good');
});

test('the time of a wave that waits for a yes begins with the yes', (t) => {
  const world = oneDevice({ approve: 'before' });
  t.is(world.permitOf(world.devices[0]!).reason?.code, 'NEEDS_APPROVAL');
  world.happen({ kind: 'pass', minutes: 500 });
  world.happen({ kind: 'act', asked: { act: 'approve', who: 'ana', why: '' } });
  t.is(world.rollout.waveStartedAt, world.now);
  t.is(world.issues.length, 1);
});

test('a gate that all devices are through with, and that too few failed to halt, says what would do', (t) => {
  const world = oneDevice({ gate: { ...careful.gate, failures: { kind: 'count', count: 2 } } });
  world.happen({ kind: 'say', device: 0, word: 'back' });
  t.like(step(world.rollout, world.policy, world.book, world.now).verdict, {
    code: 'GATE_HOLDS',
    message:
      '0 of 1 devices of wave canary that are through with it run it; 100 % have to, and 2 failures would halt it: it holds until more of them run it, or somebody aborts it',
  });
});

test('a gate that passed closes when too few run it, also while one that joined is still on its way', (t) => {
  const gate = { ...careful.gate, failures: { kind: 'count', count: 3 } } as const;
  const waves = [{ ...careful, gate, soakMs: 3_600_000 }];
  const rollout = { ...fresh(true), gatePassedAt: startMs };
  const closed = (counts: Partial<WaveCounts>, toRetry = 0) => {
    const tally = { ...noTally, counts: [{ ...noCounts, ...counts }], toRetry: [toRetry] };
    return step(rollout, { waves, onFailure: 'halt' }, tally, startMs + 1).rollout.gatePassedAt === undefined;
  };
  t.false(closed({ updated: 4, waiting: 1 }));
  t.true(closed({ updated: 3, failed: 1 }));
  t.false(closed({ waiting: 4 }));
  t.true(closed({ waiting: 4 }, 4), 'all of them failed with what they were offered before a retry');
  for (const fate of ['waiting', 'dark', 'contacted', 'staged', 'probation'] as const)
    t.true(closed({ updated: 3, failed: 1, [fate]: 1 }), fate);
});

test('a wave of which nobody is through with it holds on after its patience, and says how far its devices are', (t) => {
  const world = oneDevice();
  world.happen({ kind: 'pass', minutes: 500 });
  const told = () => step(world.rollout, world.policy, world.book, world.now).verdict;
  const code = 'NO_EVIDENCE';
  t.like(told(), {
    code,
    message: 'no device of wave canary is through with it: 1 not heard since they were offered it',
  });
  world.happen({ kind: 'say', device: 0, word: 'heard' });
  t.like(told(), { code, message: 'no device of wave canary is through with it: 1 on the way' });
});

test('a wave of which nobody may be offered anything shows nothing, and what nobody tried goes to nobody else', (t) => {
  const waves = [
    { ...careful, name: 'canary' },
    { ...careful, name: 'rest' },
  ];
  const spare: DeviceInRollout = { wave: 0, on: 'good', isHeld: true, observed: settledOn(1, startMs) };
  const fleet = [spare, { ...spare, wave: 1, isHeld: false }];
  const world = new World({ waves, onFailure: 'halt' }, fleet, fresh(true));
  world.settle();
  world.happen({ kind: 'pass', minutes: 500 });
  const { verdict } = step(world.rollout, world.policy, world.book, world.now);
  t.like(verdict, {
    code: 'NO_EVIDENCE',
    message: 'the only device of wave canary can be offered nothing (held, or without a key)',
  });
  t.is(world.issues.length, 0);
  world.happen({ kind: 'hold', device: 0, isHeld: false });
  t.is(world.issues.length, 1);
});

test('what nobody of a fleet ran is not what ran well: its last wave waits too where all of it are held and no wave before ran it', (t) => {
  const held: DeviceInRollout = { wave: 0, on: 'good', isHeld: true, observed: settledOn(1, startMs) };
  const course = (fleet: readonly DeviceInRollout[], waves: readonly (typeof careful)[]) => {
    const world = new World({ waves, onFailure: 'halt' }, fleet, fresh(true));
    world.settle();
    world.happen({ kind: 'pass', minutes: 500 });
    return world;
  };
  const alone = course([held, { ...held, isPinned: true, on: 'other' }], [careful]);
  t.like(step(alone.rollout, alone.policy, alone.book, alone.now).verdict, {
    code: 'NO_EVIDENCE',
    message: 'all 2 devices of wave canary can be offered nothing (held, or without a key)',
  });
  alone.happen({ kind: 'hold', device: 0, isHeld: false });
  alone.happen({ kind: 'say', device: 0, word: 'settled' });
  t.is(alone.rollout.state, 'done');
  const waves = [careful, { ...careful, name: 'rest' }];
  const behind = { ...held, wave: 1 };
  t.is(course([behind], waves).rollout.state, 'running', 'a wave of nobody before it is no evidence');
  const tried = course([{ ...held, isHeld: false }, behind], waves);
  tried.happen({ kind: 'say', device: 0, word: 'settled' });
  t.is(tried.rollout.state, 'done', 'the wave before it is');
  const unasked = { ...careful.gate, contacts: { kind: 'count', count: 0 } } as const;
  t.is(course([held], [{ ...careful, gate: unasked }]).rollout.state, 'done', 'where the gate asks for no contacts');
});

test('a first rollout, which takes nothing well from anybody, does not wait for a wave of which nobody may be offered anything', (t) => {
  const held: DeviceInRollout = { wave: 0, on: 'nothing', isHeld: true, observed: {} };
  const policy = { waves: [careful, { ...careful, name: 'rest' }], onFailure: 'halt' as const };
  const world = new World(policy, [held, { ...held, wave: 1, isHeld: false }], fresh(false));
  world.settle();
  t.is(world.issues.length, 1);
});

test('a device that says now this and now that has a rollout written ever more seldom, and lets it go on when it keeps still', (t) => {
  const gate = { ...careful.gate, failures: { kind: 'count', count: 2 } } as const;
  const world = oneDevice({ gate, soakMs: 60 * 60_000 });
  for (let second = 0; second < 3600; second += 2) {
    world.now += 1000;
    world.happen({ kind: 'say', device: 0, word: 'settled' });
    world.now += 1000;
    world.happen({ kind: 'say', device: 0, word: 'down' });
  }
  t.true(world.stages.length < 20, `it was written ${world.stages.length} times`);
  t.is(world.rollout.state, 'running');
  world.happen({ kind: 'say', device: 0, word: 'settled' });
  const { verdict, nextAt } = step(world.rollout, world.policy, world.book, world.now);
  t.is(verdict.code, 'GATE_FLAPS');
  world.now = nextAt!;
  world.settle();
  world.happen({ kind: 'pass', minutes: 60 });
  t.is(world.rollout.state, 'done');
});

/** Approves what waits, lets time pass to what is due next. */
function hurry(world: World): void {
  const { nextAt, verdict } = step(world.rollout, world.policy, world.book, world.now);
  if (verdict.code === 'NEEDS_APPROVAL') {
    world.happen({ kind: 'act', asked: { act: 'approve', who: 'ana', why: '' } });
  }
  world.now = Math.max(world.now, nextAt ?? world.now);
  world.settle();
}

function unbudgeted({ budget: _, ...rest }: RolloutPolicy): RolloutPolicy {
  return rest;
}

/** The same devices, none of them held in a wave of which all are. */
function withoutBlindWaves(fleet: readonly DeviceInRollout[], last: number): DeviceInRollout[] {
  const waveOf = ({ wave }: DeviceInRollout) => Math.min(wave, last);
  const free = new Set(fleet.filter(({ isHeld }) => !isHeld).map(waveOf));
  return fleet.map((device) => ({ ...device, isHeld: device.isHeld && free.has(waveOf(device)) }));
}

test('devices that stay dark never hold a rollout beyond the patience of its waves', (t) => {
  fc.assert(
    fc.property(policy, devices, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (wanted, random, dark) => {
      const last = wanted.waves.length - 1;
      const fleet = withoutBlindWaves(random, last);
      // One of each wave is heard: of a wave that nobody is heard of nothing is known.
      const seen = new Set<number>();
      const isDark = fleet.map(({ wave, isHeld }, index) => {
        const own = Math.min(wave, last);
        if (isHeld || seen.has(own)) return dark[index]!;
        seen.add(own);
        return false;
      });
      const world = new World(unbudgeted(wanted), fleet, fresh(true));
      world.settle();
      for (let round = 0; round < 30; round += 1) {
        for (const index of isDark.keys()) {
          if (!isDark[index] && world.devices[index]!.on === 'target')
            world.happen({ kind: 'say', device: index, word: 'settled' });
        }
        hurry(world);
      }
      const longest = wanted.waves.reduce((sum, { gate, soakMs }) => sum + gate.patienceMs + soakMs, 0);
      return world.rollout.state === 'done' && world.now <= startMs + longest;
    }),
    { numRuns: 400 },
  );
  t.pass();
});

/** All that are not well say that they are. */
function answered(world: World): void {
  for (const index of world.devices.keys()) {
    if (!isWell(world.devices[index]!)) world.happen({ kind: 'say', device: index, word: 'settled' });
  }
}

test('a rollout that is reverted converges: all that are not held come back to what was good, under the budget', (t) => {
  fc.assert(
    fc.property(policy, devices, happenings, (wanted, fleet, history) => {
      const world = new World(wanted, fleet, fresh(true));
      world.settle();
      for (const happening of history) world.happen(happening);
      const isOver = world.rollout.state === 'done';
      for (const device of world.devices.keys()) world.happen({ kind: 'hold', device, isHeld: false });
      world.happen({ kind: 'act', asked: { act: 'abort', who: 'ana', why: '', revert: true } });
      for (let round = 0; round < 20; round += 1) answered(world);
      if (isOver || world.rollout.state === 'done') return true;
      return (
        world.rollout.state === 'halted' &&
        (world.rollout.reason.code !== 'REVERTED' || world.devices.every(({ on }) => on === 'good'))
      );
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('devices that stay dark keep a rollout from being reverted for the patience of its waves, and no longer', (t) => {
  const device: DeviceInRollout = { wave: 0, on: 'good', isHeld: false, observed: {} };
  const world = new World({ waves: [careful], onFailure: 'halt' }, [device], fresh(true));
  world.settle();
  world.happen({ kind: 'say', device: 0, word: 'settled' });
  world.rollout = { ...world.rollout, state: 'running' };
  world.now += 1000;
  world.happen({ kind: 'act', asked: { act: 'abort', who: 'ana', why: '', revert: true } });
  const { verdict, nextAt } = step(world.rollout, world.policy, world.book, world.now);
  t.like(verdict, {
    code: 'REVERTING',
    message: 'devices go back to what was good: 1 not heard since they were issued it',
  });
  t.is(nextAt, world.now + careful.gate.patienceMs);
  world.happen({ kind: 'pass', minutes: 1 });
  t.like(world.rollout, {
    state: 'halted',
    reason: {
      code: 'REVERTED',
      message: 'all its devices that were heard are back at what was good; 1 not heard since they were issued it',
    },
  });
});

test('a superseding rollout converges, wherever its devices are, when all of them do well', (t) => {
  fc.assert(
    fc.property(policy, devices, happenings, (wanted, fleet, history) => {
      const old = new World(wanted, fleet, fresh(true));
      old.settle();
      for (const happening of history) old.happen(happening);
      const moved = old.devices.map(
        (one): DeviceInRollout => ({ ...one, isHeld: false, on: one.on === 'target' ? 'other' : one.on }),
      );
      const world = new World(wanted, moved, { ...fresh(true), startedAt: old.now, waveStartedAt: old.now });
      world.now = old.now;
      for (let round = 0; round < 40; round += 1) {
        answered(world);
        hurry(world);
      }
      return world.rollout.state === 'done' && world.devices.every(({ on }) => on === 'target');
    }),
    { numRuns: 400 },
  );
  t.pass();
});
