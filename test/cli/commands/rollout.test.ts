import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../../cli/run-command.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const waves =
  '{ name: canary, selector: { matchLabels: { berth: pier-1 } }, soak: 10m, approve: after }, { name: rest }';
const canary = ['aurora-bridge', 'aurora-engine'];
const rest = ['borealis-bridge', 'borealis-engine'];

/** Two ships of which the Aurora is the canary; nobody was heard yet. */
async function harborInWaves(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  world.edit('fleets/ships.yaml', 'spec:', `spec:\n  rollout: { waves: [${waves}] }`);
  await world.commit('A harbor');
  await world.startController();
  return world;
}

async function run(world: ScenarioWorld, devices: readonly string[]): Promise<void> {
  for (const device of devices) {
    const { sequence, revision } = await world.deploymentOf(device);
    const applications = await world.runningApplications(device);
    await world.tell(device, {
      ...{ phase: 'active', highestSequence: sequence, applications },
      running: { sequence, revision },
    });
  }
}

/** The first rollout is over: all ships run what git wants. */
async function settledHarbor(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = await harborInWaves(t);
  await run(world, canary);
  await world.later(600_000);
  await run(world, canary);
  await world.fleet(['rollout', 'approve', 'ships', '--as', 'Ada']);
  await world.later(1_000);
  await run(world, rest);
  await world.later(1_000);
  return world;
}

async function release(world: ScenarioWorld): Promise<void> {
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  await world.commit('Tide logger 1.1.0');
}

async function outputOf(world: ScenarioWorld, ...words: readonly string[]): Promise<string> {
  return (await world.fleet(words)).output;
}

test('a rollout goes from its canary to the rest when that was seen to do well, soaked, and somebody said yes', async (t) => {
  const world = await harborInWaves(t);
  t.regex(await outputOf(world, 'rollout', 'list'), /^ships +1 +running 1\/2 +canary +0 of 4 updated/m);
  await world.tell('borealis-engine', { phase: 'idle' });
  const why = await outputOf(world, 'why', 'device/borealis-engine');
  t.regex(why, /^device\/borealis-engine: progressing: it is in wave rest; wave canary goes before WAVE_WAITS$/m);
  t.regex(
    why,
    /^It is in wave rest\. Rollout 1 of its fleet, of commit 0000001 "A harbor", is running in wave 1 of 2 canary: /m,
  );
  await run(world, canary);
  t.regex(
    await outputOf(world, 'status'),
    /^ships: rollout 1 running, wave 1 of 2 canary: 2 of 2 updated; .*SOAKING$/m,
  );
  await world.later(600_000);
  await run(world, canary);
  const story = await outputOf(world, 'why', 'rollout/ships');
  t.regex(story, /NEEDS_APPROVAL/);
  t.regex(story, /To say yes: fleet rollout approve ships\./);
  const approved = await world.fleet(['rollout', 'approve', 'ships', '--as', 'Ada', '-m', 'looked well']);
  t.is(approved.exitCode, 0, approved.output);
  t.regex(approved.output, /^ships 1 running, wave 2 of 2 rest: /, 'it goes on by that at once');
  await world.later(1_000);
  t.regex(await outputOf(world, 'rollout', 'show', 'ships'), /Ada approved wave canary: looked well WAVE_APPROVED/);
  await run(world, rest);
  await world.later(1_000);
  t.is((await world.fleet(['rollout', 'show', 'ships'])).exitCode, 0);
  t.regex(await outputOf(world, 'status'), /^ships .* done /m);
  t.regex(await outputOf(world, 'rollout', 'history', 'ships'), /^1 +done .* approve by Ada/m);
});

test('a bad release halts at its canary: status, wait and why say so, and a retry offers it anew', async (t) => {
  const world = await settledHarbor(t);
  await release(world);
  const { sequence } = await world.deploymentOf('aurora-bridge');
  await world.tell('aurora-bridge', {
    ...{ phase: 'active', highestSequence: sequence },
    problem: { code: 'PROBATION_FAILED', message: 'tide-logger trapped', at: '2026-06-01T08:10:00.000Z', sequence },
  });
  await world.later(1_000);
  const halted = await world.fleet(['rollout', 'show', 'ships']);
  t.is(halted.exitCode, 4, halted.output);
  t.regex(halted.output, /^rollout\/ships 2: halted .* TOO_MANY_FAILURES$/m);
  t.is((await world.fleet(['status', 'fleet/ships'])).exitCode, 4);
  t.regex(
    await outputOf(world, 'why', 'device/borealis-bridge'),
    /Rollout 2 of its fleet, of commit 0000002 "Tide logger 1\.1\.0", is halted in wave 1 of 2\s+canary/,
  );
  const waited = await world.fleet(['wait', 'fleet/ships', '-t', '1s']);
  t.is(waited.exitCode, 4, waited.output);
  const retried = await world.fleet(['rollout', 'retry', 'ships', '--as', 'Ada', '-m', 'the sensor was unplugged']);
  t.is(retried.exitCode, 0, retried.output);
  await world.later(1_000);
  t.true((await world.deploymentOf('aurora-bridge')).sequence > sequence);
});

test('a paused rollout offers nothing, and says who paused it and why', async (t) => {
  const world = await settledHarbor(t);
  await release(world);
  t.is((await world.fleet(['rollout', 'pause', 'ships', '--as', 'Ada', '--why', 'storm'])).exitCode, 0);
  await run(world, canary);
  await world.later(1_200_000);
  t.regex(
    await outputOf(world, 'rollout', 'show', 'ships'),
    /^rollout\/ships 2: paused .*Ada paused it: storm ROLLOUT_PAUSED$/m,
  );
  const program = { environment: { FLEET_USER: 'ci' }, userName: () => 'root' };
  t.is((await world.fleet(['rollout', 'resume', 'ships'], program)).exitCode, 0);
  const user = { ...program, environment: { USER: 'somebody else' } };
  t.is((await world.fleet(['rollout', 'pause', 'ships'], user)).exitCode, 0);
  t.regex(await outputOf(world, 'rollout', 'show', 'ships'), /root paused it [\s\S]* {2}ci resumed it /);
});

test('what can not be done to a rollout is refused with what can, and changes nothing', async (t) => {
  const world = await harborInWaves(t);
  const wrong: readonly (readonly [words: string, exitCode: number, message: string])[] = [
    ['resume ships --as Ada', 1, 'the rollout of fleet ships is running: it takes pause, approve, abort, not resume'],
    ['approve ships rst --as Ada', 1, 'fleet ships has no wave "rst"; its waves are canary, rest'],
    ['pause ships', 2, 'who are you? say so with --as NAME or $FLEET_USER'],
    ['pause ships --as Ada --number 2', 1, 'fleet ships is at rollout 1, of commit 0000001, not 2'],
    ['pause ships --as Ada --number x', 2, '--number x: write the number'],
    ['approve ships rest --as Ada', 1, 'wave rest needs no yes; those that do are canary'],
    ['allow-whole ships auroa --as Ada', 1, 'fleet ships has no device auroa'],
    ['allow-whole ships --as Ada', 1, 'take modules whole without asking'],
    ['pause ships now --as Ada', 2, 'rollout pause takes FLEET'],
    [`pause ships --as ${'A'.repeat(101)}`, 2, '--as has 101 characters, at most 100 are kept'],
    ['show trucks', 1, 'fleet trucks has no rollout: its changes go to all its devices at once'],
    ['show Ships', 2, '"Ships" is no fleet'],
    ['show shipz', 1, 'did you mean fleet/ships?'],
    ['list -o yaml', 2, '-o yaml: there is json'],
  ];
  for (const [words, exitCode, message] of wrong) {
    const answer = await world.fleet(['rollout', ...words.split(' ')]);
    t.is(answer.exitCode, exitCode, answer.output);
    t.true(answer.output.includes(message), answer.output);
  }
  t.regex(await outputOf(world, 'rollout', 'pause', 'trucks', '--as', 'Ada'), /trucks/);
  t.regex(await outputOf(world, 'why', 'rollout/ships/rst'), /its waves are canary, rest/);
  const { rollout } = JSON.parse(await outputOf(world, 'status', 'fleet/ships', '-o', 'json')).fleets[0];
  t.deepEqual([rollout.state, rollout.acts], ['running', []]);
});

test('rollouts as JSON are what the schema of the status says', async (t) => {
  const world = await settledHarbor(t);
  const text = await outputOf(world, 'status', 'fleet/ships', '-o', 'json');
  t.true(isStatusDocument(JSON.parse(text)), JSON.stringify(isStatusDocument.errors));
  const shown = JSON.parse(await outputOf(world, 'rollout', 'show', 'ships', '-o', 'json'));
  t.like(shown, { fleet: 'ships', number: 1, state: 'done' });
  t.like(shown.acts[0], { act: 'approve', who: 'Ada', why: '' });
  const listed = JSON.parse(await outputOf(world, 'rollout', 'list', '-o', 'json'));
  t.deepEqual(
    listed.map(({ fleet }: { readonly fleet: string }) => fleet),
    ['ships'],
  );
  t.is(JSON.parse(await outputOf(world, 'rollout', 'history', 'ships', '-o', 'json'))[0].outcome, 'done');
});

test('a rollout that is watched is drawn with bars on a terminal, and told in lines elsewhere until it is over', async (t) => {
  const world = await harborInWaves(t);
  const stopping = new AbortController();
  let [screen, log] = ['', ''];
  const onScreen = world.context((text) => {
    screen += text;
  });
  const toLog = world.context((text) => {
    log += text;
  });
  const stdout = { ...toLog.stdout, isTerminal: false };
  const watching = runCommand({ ...onScreen, signal: stopping.signal }, ['rollout', 'show', 'ships', '-w']);
  const following = runCommand({ ...toLog, stdout }, ['rollout', 'show', 'ships', '-w']);
  await world.later(1_500);
  await run(world, canary);
  await world.later(1_500);
  t.regex(screen, /canary .* ░{20} 0 %/);
  t.regex(screen, /canary .* █{20} 100 %/);
  stopping.abort();
  await world.later(600_000);
  t.is(await watching, 3);
  await run(world, canary);
  await world.fleet(['rollout', 'approve', 'ships', '--as', 'Ada']);
  await world.later(1_500);
  await run(world, rest);
  await world.later(1_500);
  t.is(await following, 0);
  const lines = log.trimEnd().split('\n');
  t.regex(lines[0]!, /^ships 1 running, wave 1 of 2 canary: 0 of 2 updated/);
  t.regex(lines.at(-1)!, /^ships 1 done: .*ROLLOUT_DONE$/);
  t.is(new Set(lines).size, lines.length, 'no line is told twice');
});

test('who follows a rollout that is over already is told of the next one, to its end', async (t) => {
  const world = await settledHarbor(t);
  let log = '';
  const context = world.context((text) => {
    log += text;
  });
  const following = runCommand({ ...context, stdout: { ...context.stdout, isTerminal: false } }, [
    ...['rollout', 'show', 'ships', '-w'],
  ]);
  await world.later(5_000);
  await release(world);
  await world.later(1_500);
  await world.fleet(['rollout', 'abort', 'ships', '--as', 'Ada']);
  await world.later(1_500);
  t.is(await following, 4);
  const lines = log.trimEnd().split('\n');
  t.is(lines[0], 'ships 1 done: its last wave has passed ROLLOUT_DONE');
  t.regex(lines[1]!, /^ships 2 running, wave 1 of 2 canary: /);
  t.regex(lines.at(-1)!, /^ships 2 halted, .*Ada aborted it ROLLOUT_ABORTED$/);
});

test('who follows a rollout that has halted is not told that it is over when one of its devices changes, but when the next one is', async (t) => {
  const world = await settledHarbor(t);
  await release(world);
  await world.fleet(['rollout', 'abort', 'ships', '--as', 'Ada']);
  let log = '';
  const context = world.context((text) => {
    log += text;
  });
  const following = runCommand({ ...context, stdout: { ...context.stdout, isTerminal: false } }, [
    ...['rollout', 'show', 'ships', '-w'],
  ]);
  await world.later(1_500);
  await run(world, canary);
  await world.later(1_500);
  world.edit('applications/tide-logger.yaml', 'release: 1.1.0', 'release: 1.0.0');
  await world.commit('Tide logger 1.0.0 again');
  await world.later(1_500);
  t.is(await following, 0);
  const lines = log.trimEnd().split('\n');
  t.regex(lines[0]!, /^ships 2 halted, /);
  t.regex(lines.at(-1)!, /^ships 3 done/);
});

test('fleet events tells what happened to rollouts, and not where a device is asked about', async (t) => {
  const world = await settledHarbor(t);
  const all = await outputOf(world, 'events', 'fleet/ships');
  const told = ['ROLLOUT_STARTED', 'GATE_PASSED', 'WAVE_APPROVED', 'WAVE_OPEN', 'ROLLOUT_DONE'];
  const lines = all.split('\n').filter((line) => line.includes('rollout/ships'));
  t.is(new Set(lines).size, lines.length, 'nothing is told twice');
  const codes = lines.map((line) => line.split(' ').at(-1)!);
  t.deepEqual(codes.filter((code) => told.includes(code)).slice(0, 4), told.slice(0, 4));
  t.regex(all, /rollout\/ships {2,}Ada approved wave canary WAVE_APPROVED$/m);
  t.notRegex(await outputOf(world, 'events', 'aurora-bridge'), /rollout\//);
  const json = (await outputOf(world, 'events', '-o', 'json'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.true(json.some(({ rollout, code }) => rollout === 'ships' && code === 'ROLLOUT_DONE'));
});

test('fleet events -f goes on with what is done to a rollout, though no device changes', async (t) => {
  const world = await harborInWaves(t);
  const stopping = new AbortController();
  let screen = '';
  const context = world.context((text) => {
    screen += text;
  });
  const following = runCommand({ ...context, signal: stopping.signal }, ['events', '-f', 'fleet/ships']);
  await world.later(2_000);
  t.regex(screen, /ROLLOUT_STARTED\n$/);
  screen = '';
  await world.fleet(['rollout', 'pause', 'ships', '--as', 'Ada', '-m', 'storm']);
  await world.later(2_000);
  t.regex(screen, /^\S+ {2}rollout\/ships {2}Ada paused it: storm ROLLOUT_PAUSED\n$/);
  stopping.abort();
  await world.later(2_000);
  t.is(await following, 0);
});
