import test from 'ava';
import { deviceStory } from '../../../cli/render/device-story.ts';
import {
  finishedTable,
  type RollingFleet,
  rolloutLine,
  rolloutScreen,
  rolloutTable,
} from '../../../cli/render/rollout-screen.ts';
import { rolloutStory, waveStory } from '../../../cli/render/rollout-story.ts';
import { statusScreen } from '../../../cli/render/status-screen.ts';
import { styleFor } from '../../../cli/render/style.ts';
import type {
  DeviceStatus,
  FinishedRolloutStatus,
  FleetStatus,
  RolloutStatus,
  StatusDocument,
} from '../../../schemas/generated/types.ts';

const asOf = '2026-03-01T01:00:00.000Z';
const began = '2026-03-01T00:30:00.000Z';
const none = {
  waiting: 0,
  held: 0,
  dark: 0,
  contacted: 0,
  staged: 0,
  probation: 0,
  updated: 0,
  unchanged: 0,
  failed: 0,
};
const tally = { desired: 5, running: 1, runningConnected: 1, progressing: 4, failed: 0, dark: 0, unknown: 0 };
const plain = { style: styleFor(false), columns: 200, bars: false, asOf };

function rolloutWith(more: Partial<RolloutStatus> = {}): RolloutStatus {
  return {
    ...{ number: 3, state: 'running', revision: 'c'.repeat(40), subject: 'Pump 1.1.0', target: 'a'.repeat(64) },
    ...{ startedAt: began, wave: 1 },
    waves: [
      { name: 'canary', state: 'open', approve: 'after', counts: { ...none, updated: 1, failed: 1 } },
      { name: 'rest', state: 'waiting', counts: { ...none, waiting: 3 } },
    ],
    reason: { code: 'SOAKING', message: 'wave canary is watched', since: '2026-03-01T00:55:00.000Z' },
    ...more,
  };
}

function fleetWith(more: Partial<RolloutStatus> = {}): RollingFleet {
  return { name: 'ships', rollout: rolloutWith(more) };
}

function device(name: string, more: Partial<DeviceStatus>): DeviceStatus {
  const reason = { code: 'WAVE_WAITS', message: 'it is in wave rest; wave canary goes before' };
  return { name, fleet: 'ships', labels: {}, state: 'progressing', reason, events: [], ...more };
}

function statusOf(fleet: RollingFleet, devices: readonly DeviceStatus[] = []): StatusDocument {
  const fleets: FleetStatus[] = [
    { ...fleet, tally, applications: [], state: 'progressing' },
    { name: 'trucks', tally: { ...tally, desired: 0 }, applications: [], state: 'converged' },
  ];
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Status', asOf, tally, state: 'progressing', fleets, sites: [] },
    ...{ devices: [...devices], refusals: [] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  };
}

function screenOf(fleet: RollingFleet): string {
  return statusScreen(statusOf(fleet), { ...plain, wide: false });
}

test('status has a line for a rollout that is under way, and says of the other fleets that they change all at once', (t) => {
  const screen = screenOf(fleetWith());
  t.regex(screen, /^FLEET .* ROLLOUT +APPLICATIONS$/m);
  t.regex(screen, /^ships .* running 1\/2/m);
  t.regex(screen, /^trucks .* all at once/m);
  const line = 'ships: rollout 3 running, wave 1 of 2 canary: 1 of 2 updated, 1 failed; wave canary is watched SOAKING';
  t.true(screen.includes(`\n${line}\n`), screen);
});

test('a rollout that is done has no line in status, unless somebody is behind', (t) => {
  const done = { state: 'done', reason: { code: 'ROLLOUT_DONE', message: 'its last wave has passed' } } as const;
  t.notRegex(screenOf(fleetWith(done)), /rollout 3/);
  t.regex(screenOf(fleetWith(done)), /^ships .* done/m);
  t.regex(
    screenOf(fleetWith({ ...done, stragglers: 2 })),
    /^ships: rollout 3 done, 2 devices are behind; its last wave has passed ROLLOUT_DONE$/m,
  );
});

test('a rollout says how many devices ask to take modules whole, and what lets them', (t) => {
  const ask = (asking: number) => rolloutScreen(fleetWith({ asking }), plain);
  t.regex(ask(2), /^2 devices have no delta and ask to take modules whole: fleet rollout allow-whole ships -m WHY$/m);
  t.regex(ask(1), /^1 device has no delta and asks to take/m);
  t.notRegex(rolloutScreen(fleetWith(), plain), /allow-whole/);
  const inStatus = (more: Partial<RolloutStatus>) => screenOf(fleetWith(more));
  t.regex(inStatus({ asking: 2 }), /failed; 2 devices ask to take modules whole; wave canary is watched/);
  t.regex(inStatus({ asking: 1, state: 'done' }), /rollout 3 done, 1 device asks to take modules whole; /);
  const why = fleetWith({ asking: 1 });
  t.regex(
    rolloutStory(why, statusOf(why), styleFor(false), 200),
    /^1 device has no delta and asks .* allow-whole ships/m,
  );
});

test('one rollout is shown wave by wave, with bars where there is a terminal and numbers where there is none', (t) => {
  const fleet = fleetWith({ stragglers: 1, nextAt: '2026-03-01T01:10:00.000Z' });
  const screen = rolloutScreen(fleet, plain);
  t.true(screen.startsWith('rollout/ships 3: running for 5m: wave canary is watched SOAKING\n'), screen);
  t.true(
    screen.includes(
      'Commit ccccccc "Pump 1.1.0" began it 30m ago.\nIt goes on by itself in 10m, at 2026-03-01T01:10Z.',
    ),
  );
  t.regex(screen, /^canary +open, approve after +2 +0 +2 +0 +0 +0 +0 +1 +1 +0 +50 %$/m);
  t.regex(screen, /^rest +waiting +3 +3 +0 +0 +0 +0 +0 +0 +0 +0 +0 %$/m);
  t.regex(screen, /1 device of a wave that has passed is not through with it/);
  t.regex(rolloutScreen(fleet, { ...plain, bars: true }), /^canary .* █{10}░{10} 50 %$/m);
});

test('devices that ran it before are counted beside the others, and by no gate, where there are any', (t) => {
  const waves = [{ name: 'canary', state: 'open' as const, counts: { ...none, updated: 1, unchanged: 2 } }];
  const screen = rolloutScreen(fleetWith({ waves }), plain);
  t.regex(screen, /HELD +UNCHANGED +PROGRESS\ncanary +open +3 .* 0 +2 +100 %/);
  t.regex(screenOf(fleetWith({ waves })), /canary: 1 of 1 updated, 2 unchanged/);
  t.notRegex(rolloutScreen(fleetWith(), plain), /UNCHANGED/);
});

test('devices that are held are waited for by nobody, and while devices are counted no numbers of them are told', (t) => {
  const counts = { ...none, updated: 1, held: 1 };
  const held = fleetWith({ waves: [{ name: 'canary', state: 'open', counts }] });
  t.regex(rolloutLine(held), /1 of 1 updated, 1 held;/);
  t.regex(rolloutScreen(held, plain), /^canary +open +2 +0 +1 +0 .* 100 %$/m);
  const reason = { code: 'ROLLOUT_COUNTING', message: 'they are counted' };
  t.is(rolloutLine(fleetWith({ isCounting: true, reason })), 'ships 3 running: they are counted ROLLOUT_COUNTING');
});

test('what happened to a rollout is told newest first', (t) => {
  const events = [
    { at: began, code: 'ROLLOUT_STARTED', message: 'it begins with its first wave' },
    { at: '2026-03-01T00:50:00.000Z', code: 'GATE_PASSED', message: 'the gate of wave canary has passed' },
  ];
  const text = '     10m ago  the gate of wave canary has passed GATE_PASSED\n     30m ago  it begins';
  t.true(rolloutScreen(fleetWith({ events }), plain).includes(text));
});

test('all rollouts are a table, one is a line of a log, and those that are over say how they ended', (t) => {
  t.regex(
    rolloutTable([fleetWith()], plain),
    /^ships +3 +running 1\/2 +canary +1 of 5 updated, 1 failed, 3 waiting +30m +ccccccc +wave/m,
  );
  t.is(
    rolloutLine(fleetWith()),
    'ships 3 running, wave 1 of 2 canary: 1 of 2 updated, 1 failed; wave canary is watched SOAKING',
  );
  const over: FinishedRolloutStatus = {
    ...{ number: 2, revision: 'd'.repeat(40), subject: 'Pump 1.0.9', startedAt: began, finishedAt: asOf },
    ...{ outcome: 'superseded', state: 'halted', reason: { code: 'TOO_MANY_FAILURES', message: 'one failed' } },
    ...{ acts: [{ at: asOf, who: 'Ada', act: 'pause', why: '' }], events: [] },
  };
  t.regex(
    finishedTable([over], plain),
    /^2 +halted, superseded +0s +30m +ddddddd +Pump 1\.0\.9 +pause by Ada +one failed$/m,
  );
});

test('why a rollout stands says what holds it, who is not there, and what a person can do', (t) => {
  const devices = [
    device('aurora', { state: 'running', reason: { code: 'UP_TO_DATE', message: 'runs deployment 2' } }),
    device('borealis', { wave: 'rest' }),
  ];
  const whyOf = (fleet: RollingFleet) => rolloutStory(fleet, statusOf(fleet, devices), styleFor(false), 200);
  const story = whyOf(fleetWith());
  t.true(story.includes('  canary open: 1 of 2 updated, 1 failed\n  rest waiting: 0 of 3 updated, 3 waiting\n'), story);
  t.true(story.includes('  borealis (rest) progressing: it is in wave rest; wave canary goes before WAVE_WAITS'));
  t.false(story.includes('aurora'));
  const yes = fleetWith({ reason: { code: 'NEEDS_APPROVAL', message: 'waits for a yes' } });
  t.regex(whyOf(yes), /fleet rollout approve ships/);
  t.regex(whyOf(fleetWith({ state: 'paused' })), /fleet rollout resume ships/);
  t.regex(whyOf(fleetWith({ state: 'halted' })), /A commit that mends it supersedes it.*fleet rollout retry ships\.\n/);
  t.notRegex(whyOf(fleetWith({ state: 'halted' })), /--revert/);
  const [canary, rest] = fleetWith().rollout.waves;
  const back = { state: 'halted', good: 'b'.repeat(64) } as const;
  t.regex(whyOf(fleetWith(back)), /fleet rollout abort ships --revert/);
  const untouched = [{ ...canary!, counts: { ...none, waiting: 2 } }, rest!];
  t.notRegex(whyOf(fleetWith({ ...back, waves: untouched })), /--revert/, 'nobody changed');
});

test('why a wave waits names the one that goes before and what holds that', (t) => {
  const fleet = fleetWith();
  const status = statusOf(fleet, [device('borealis', { wave: 'rest' }), device('aurora', { wave: 'canary' })]);
  const story = waveStory(fleet, fleet.rollout.waves[1]!, status, styleFor(false), 200);
  t.true(
    story.startsWith(
      'rollout/ships/rest: waiting: 0 of 3 updated, 3 waiting\nWave canary goes before. rollout/ships 3:',
    ),
  );
  t.regex(story, /borealis/);
  t.notRegex(story, /aurora/);
});

test('the story of a device names its wave and where the rollout of its fleet stands', (t) => {
  const fleet = fleetWith();
  const one = device('borealis', { wave: 'rest' });
  const story = deviceStory(one, statusOf(fleet, [one]), styleFor(false), 200);
  t.regex(
    story,
    /\n\nIt is in wave rest\. Rollout 3 of its fleet, of commit ccccccc "Pump 1\.1\.0", is running in wave 1 of 2 canary: wave canary is watched SOAKING\n/,
  );
});

test('a subject or a reason with control characters does not steer the terminal', (t) => {
  const fleet = fleetWith({ subject: 'x', reason: { code: 'X', message: 'bad\u001b[2J' } });
  const screen = screenOf(fleet);
  t.false(screen.includes('\u001b[2J'));
});
