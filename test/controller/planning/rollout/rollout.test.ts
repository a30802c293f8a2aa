import test from 'ava';
import fc from 'fast-check';
import { isUntaken, isWithheld } from '../../../../controller/planning/observed.ts';
import { type DeviceInRollout, progressOf } from '../../../../controller/planning/rollout/fate.ts';
import type { RolloutPolicy } from '../../../../controller/planning/rollout/policy.ts';
import { eventsMax } from '../../../../controller/planning/rollout/rollout.ts';
import { devices, fresh, happenings, isWell, policy, World } from './world.ts';

/** Holds for a world of any policy, fleet and history, after each thing that happens. */
function always(holds: (world: World) => boolean): void {
  fc.assert(
    fc.property(policy, devices, fc.boolean(), happenings, (wanted, fleet, hasGood, history) => {
      const world = new World(wanted, fleet, fresh(hasGood));
      world.settle();
      for (const happening of history) {
        world.issues = [];
        world.stages = [];
        world.happen(happening);
        if (!holds(world)) return false;
      }
      return true;
    }),
    { numRuns: 400 },
  );
}

type Stage = World['stages'][number];

/** Whether the waves that a stage left behind had been seen to do well, said without the code that judges it. */
function hasSeenEnough({ waves }: RolloutPolicy, { before, rollout, counts, now }: Stage): boolean {
  const end = rollout.state === 'done' ? waves.length : rollout.wave;
  return waves.slice(before.wave, end).every(({ gate }, nth) => {
    const { waiting, dark, contacted, staged, probation, updated, failed } = counts[before.wave + nth]!;
    const unsettled = waiting + dark + contacted + staged + probation;
    const isOver = nth === 0 && (now >= before.waveStartedAt + gate.patienceMs || before.gatePassedAt !== undefined);
    const isEnough = updated >= ((updated + failed) * gate.successPercent) / 100;
    const isEvident = unsettled === 0 || updated + failed > 0 || before.gatePassedAt !== undefined;
    const asksForNone = gate.contacts.kind === 'count' ? gate.contacts.count === 0 : gate.contacts.percent === 0;
    return (unsettled === 0 || isOver) && isEnough && (isEvident || asksForNone);
  });
}

test('a wave never starts before the gate of the one before it passed', (t) => {
  always((world) => world.stages.every((stage) => hasSeenEnough(world.policy, stage)));
  always((world) =>
    world.issues.every(({ to, before, rollout, isAgain }) => {
      return to === 'good' || isAgain || rollout.state === 'done' || before.wave <= rollout.wave;
    }),
  );
  t.pass();
});

test('a gate that passed is watched for as long as the wave soaks', (t) => {
  always((world) =>
    world.stages.every(({ before, rollout, counts, now }) => {
      const wave = world.policy.waves[before.wave]!;
      const { waiting, dark, contacted, staged, probation, updated, failed } = counts[before.wave]!;
      const size = waiting + dark + contacted + staged + probation + updated + failed;
      const hasLeft = rollout.wave > before.wave || (rollout.state === 'done' && before.state !== 'done');
      if (!hasLeft || wave.soakMs === 0 || size === 0) return true;
      return before.gatePassedAt !== undefined && now >= before.gatePassedAt + wave.soakMs;
    }),
  );
  t.pass();
});

test('a wave that has to be approved never starts without a yes', (t) => {
  always((world) =>
    world.issues.every(({ to, rollout, isAgain }) => {
      const wave = world.policy.waves[rollout.wave]!;
      const before = world.policy.waves[rollout.wave - 1];
      if (to === 'good' || isAgain || rollout.state === 'done') return true;
      const isApproved = before?.approve !== 'after' || rollout.approved.includes(before.name);
      return (
        isApproved &&
        rollout.state === 'running' &&
        !(wave.approve === 'before' && rollout.wave === 0 && !rollout.approved.includes(wave.name))
      );
    }),
  );
  t.pass();
});

/** How many of each group are away. */
function awayByGroup(world: World): ReadonlyMap<string | undefined, number> {
  const away = [...world.devices.entries()].filter(([index]) => world.isAway(index));
  const groups = Map.groupBy(away, ([, { group }]) => group);
  return new Map(Array.from(groups, ([group, those]) => [group, those.length]));
}

test('a budget is never exceeded by what is issued, whoever asks for it and whatever is unknown', (t) => {
  always((world) => {
    const { budget } = world.policy;
    const away = awayByGroup(world);
    return world.issues.every(({ device, before, wasAway }) => {
      if (budget === undefined || wasAway || !world.isAway(device)) return true;
      return (away.get(before.group) ?? 0) <= budget.maxUnavailable;
    });
  });
  t.pass();
});

test('a halted rollout is offered to nobody any more', (t) => {
  always((world) =>
    world.issues.every(({ to, rollout }) => to === 'good' || !['halted', 'reverting'].includes(rollout.state)),
  );
  t.pass();
});

test('what was offered and not taken is replaced by what was good when a rollout halts', (t) => {
  always(({ rollout, devices: all }) => {
    if (rollout.state !== 'halted' || rollout.good === undefined) return true;
    return all.every(({ on, isHeld, observed }) => {
      const { report, issued } = observed;
      // One that runs the target under other windows since, which it has not seen yet, took it.
      const isDark = report?.highestSequence !== issued?.sequence && issued?.goesOn !== true;
      return isHeld || on !== 'target' || !isDark || isWithheld(observed);
    });
  });
  t.pass();
});

test('who gave it up is offered it once more for each retry and no oftener, wherever the clock is set', (t) => {
  fc.assert(
    fc.property(policy, devices, happenings, (wanted, fleet, history) => {
      const world = new World(wanted, fleet, fresh(true));
      world.settle();
      for (const happening of history) world.happen(happening);
      const offered = new Map<string, number>();
      return world.issues.every(({ name, to, before, tried, isAgain }) => {
        if (to === 'good' || isAgain) return true;
        const last = offered.get(name);
        offered.set(name, tried);
        const isNoRetry = before.on !== 'target' || isWithheld(before.observed);
        return isNoRetry || last === undefined || tried > last;
      });
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('planning the result of a plan changes nothing', (t) => {
  always((world) => {
    world.settle();
    const { length } = world.issues;
    const { rollout } = world;
    return world.settle() === 1 && world.issues.length === length && world.rollout === rollout;
  });
  t.pass();
});

test('every device that does not run what git wants, and does not change now, has a reason', (t) => {
  always((world) =>
    world.devices.every(
      (device) =>
        (device.on === 'target' && !isWithheld(device.observed)) || world.permitOf(device).reason !== undefined,
    ),
  );
  t.pass();
});

test('what a device had not taken before it was held is offered to it no more, and holds nobody up', (t) => {
  always((world) =>
    world.devices.every(({ isHeld, observed }) => !isHeld || !isUntaken(observed) || isWithheld(observed)),
  );
  always((world) => {
    const held = world.devices.filter(
      (device) => device.isHeld && (device.on !== 'target' || isUntaken(device.observed)),
    );
    return held.length <= world.book.counts.reduce((sum, counts) => sum + counts.held, 0);
  });
  t.pass();
});

test('a hold is kept', (t) => {
  always((world) => world.issues.every(({ before }) => !before.isHeld));
  t.pass();
});

test('the book that is kept and the book that is filled anew agree', (t) => {
  always((world) => {
    const anew = world.recounted();
    t.deepEqual(world.book.counts, anew.counts);
    for (const group of ['ship', 'crane']) t.is(world.book.spare(group), anew.spare(group));
    return true;
  });
});

/** Heard since it was issued what it has last, and not through with it. */
function isMoving({ observed }: DeviceInRollout): boolean {
  return ['heard', 'staged', 'probation'].includes(progressOf(observed));
}

test('a rollout is told to be reverted when no device that was heard is on the target or on its way back, and one that is held keeps nobody waiting', (t) => {
  always((world) =>
    world.stages.every(({ rollout, devices: all }) => {
      if (rollout.reason.code !== 'REVERTED' || rollout.state !== 'halted') return true;
      return all.every(
        (device) => device.isHeld || (device.on !== 'target' && !(device.on === 'good' && isMoving(device))),
      );
    }),
  );
  always(({ rollout, devices: all }) => {
    const isLeft = all.some((device) => !device.isHeld && (device.on === 'target' || !isWell(device)));
    return rollout.state !== 'reverting' || isLeft;
  });
  t.pass();
});

test('all that a step does is told among the events of its rollout, in order', (t) => {
  always((world) =>
    world.stages.every(({ before, rollout }) => {
      if (rollout === before) return true;
      const told = rollout.events.slice(before.events.length).map(({ code }) => code);
      return rollout.events.length === eventsMax || (told.length > 0 && told.at(-1) === rollout.reason.code);
    }),
  );
  t.pass();
});
