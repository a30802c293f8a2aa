import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../../cli/run-command.ts';
import { parseSelector } from '../../../controller/manifests/selector-text.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const control = '\u001b';
const cursor = { hidden: `${control}[?25l`, shown: `${control}[?25h` };

async function runningHarbor(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  await world.startController();
  return world;
}

test('fleet status --watch draws over what it drew, and gives the cursor back when it is stopped', async (t) => {
  const world = await runningHarbor(t);
  const stopping = new AbortController();
  let screen = '';
  const context = world.context((text) => {
    screen += text;
  });
  const running = runCommand({ ...context, signal: stopping.signal }, ['status', '--watch']);
  await world.later(10);
  const lines = screen.split('\n').length - 1;
  await world.later(1_500);
  t.true(screen.includes(`${control}[${lines}A`), 'the second drawing starts where the first did');
  world.setColumns(60);
  await world.later(1_500);
  t.true(screen.includes(`${control}[H${control}[2J`), 'a window of another width is drawn anew');
  stopping.abort();
  t.is(await running, 5);
  t.true(screen.startsWith(cursor.hidden));
  t.true(screen.endsWith(cursor.shown));
});

test('fleet status --watch never draws more lines than the window has, and says how many are missing', async (t) => {
  const world = await runningHarbor(t);
  const { output: whole } = await world.fleet(['status']);
  const stopping = new AbortController();
  let screen = '';
  const context = world.context((text) => {
    screen += text;
  });
  const stdout = { ...context.stdout, rows: () => 8 };
  const running = runCommand({ ...context, stdout, signal: stopping.signal }, ['status', '--watch']);
  await world.later(10);
  stopping.abort();
  await running;
  t.is(screen.split('\n').length - 1, 7);
  const hidden = whole.trimEnd().split('\n').length - 6;
  t.true(screen.includes(`… ${hidden} more lines than this window has room for`), screen);
});

test('fleet status --watch says how old all of it is while the controller does not answer, and shows nothing as good', async (t) => {
  const world = await runningHarbor(t);
  await world.tell('truck-7-cab', await running(world, 'truck-7-cab'));
  const stopping = new AbortController();
  let screen = '';
  const context = world.context((text) => {
    screen += text;
  });
  const watching = runCommand({ ...context, color: true, signal: stopping.signal }, ['status', '--watch']);
  await world.later(10);
  const green = `${control}[32mrunning`;
  t.true(screen.includes(green));
  world.reachable = false;
  await world.later(1_000);
  screen = '';
  for (let second = 0; second < 5; second += 1) await world.later(1_000);
  t.regex(screen, /does not answer.*What it said 5s ago:.*truck-7-cab/s);
  t.false(screen.includes(green));
  stopping.abort();
  t.is(await watching, 6);
});

test('fleet status -o json is what the schema says, and -o yaml is the same', async (t) => {
  const world = await runningHarbor(t);
  const json = await world.fleet(['status', '-o', 'json']);
  t.true(isStatusDocument(JSON.parse(json.output)), JSON.stringify(isStatusDocument.errors));
  const { output } = await world.fleet(['status', '-o', 'yaml']);
  t.regex(output, /^kind: Status$/m);
});

test('fleet status --rows tells what the controller goes by, as JSON alone', async (t) => {
  const world = await runningHarbor(t);
  const { rows } = JSON.parse((await world.fleet(['status', '-o', 'json', '--rows'])).output);
  t.true(rows.some(({ room, key }: { room: string; key: string }) => room === 'device' && key === 'aurora-bridge'));
  const refused = await world.fleet(['status', '--rows']);
  t.regex(refused.output, /--rows: they are for programs; write -o json too/);
  t.is(refused.exitCode, 2);
});

test('fleet status -l shows the devices with these labels only', async (t) => {
  const world = await runningHarbor(t);
  const { output } = await world.fleet(['status', '-l', 'kind=ship,berth in (pier-4)']);
  t.deepEqual(
    [...output.matchAll(/^(\S+-\S+) .* unknown /gm)].map(([, name]) => name),
    ['borealis-bridge', 'borealis-engine'],
  );
  t.deepEqual(parseSelector('a=b,c!=d,e,!f').matchExpressions, [
    { key: 'a', operator: 'In', values: ['b'] },
    { key: 'c', operator: 'NotIn', values: ['d'] },
    { key: 'e', operator: 'Exists' },
    { key: 'f', operator: 'DoesNotExist' },
  ]);
  t.is((await world.fleet(['status', '-l', 'a b c'])).exitCode, 2);
});

test('fleets and sites count only the devices that were asked for', async (t) => {
  const world = await runningHarbor(t);
  for (const words of [
    ['-l', 'kind=ship,berth in (pier-4)'],
    ['site/borealis'],
    ['fleet/ships', '-l', 'berth=pier-4'],
  ]) {
    const { output } = await world.fleet(['status', ...words, '-o', 'json']);
    const status = JSON.parse(output);
    t.true(isStatusDocument(status), JSON.stringify(isStatusDocument.errors));
    const counted = (groups: readonly { readonly name: string; readonly tally: { readonly desired: number } }[]) =>
      groups.map(({ name, tally }) => [name, tally.desired]);
    t.deepEqual(counted(status.fleets), [['ships', 2]], words.join(' '));
    t.deepEqual(counted(status.sites), [['borealis', 2]], words.join(' '));
  }
});

test('fleet status -l fails when nothing has these labels, lest that look converged', async (t) => {
  const world = await runningHarbor(t);
  t.deepEqual(await world.fleet(['status', '-l', 'kind=submarine']), {
    output: 'fleet: no device has these labels\n',
    exitCode: 1,
  });
  const { output } = await world.fleet(['status', 'fleet/trucks', '-l', 'kind=ship']);
  t.is(output, 'fleet: no device of fleet/trucks has these labels\n');
});

test('a command that takes no argument refuses one, and help of no command is none', async (t) => {
  const world = await runningHarbor(t);
  for (const words of [
    ['release', 'list', 'ships'],
    ['demo', 'once'],
    ['help', 'statsu'],
  ]) {
    const { output, exitCode } = await world.fleet(words);
    t.is(exitCode, 2, output);
  }
});

test('what a device or a commit says cannot steer the terminal', async (t) => {
  const world = await runningHarbor(t);
  await world.tell('truck-7-cab', {
    problem: { code: 'X', message: 'bad\u001b[2J\u009b\u202e', at: '2026-06-01T00:00:00Z', sequence: 1 },
  });
  for (const words of [['status'], ['why', 'device/truck-7-cab']]) {
    const { output } = await world.fleet(words);
    t.regex(output, /bad\ufffd/);
    for (const steering of ['\u001b', '\u009b', '\u202e']) t.false(output.includes(steering));
  }
});

test('fleet wait gives up in time and says what it waited for; it ends at once when all is well', async (t) => {
  const world = await runningHarbor(t);
  let isOver = false;
  const waiting = world.fleet(['wait', '--timeout', '2s']).finally(() => {
    isOver = true;
  });
  // It begins to wait when it has been read and loaded, which takes no virtual time.
  while (!isOver) await world.later(1_000);
  const { output, exitCode } = await waiting;
  t.is(exitCode, 7);
  t.regex(output, /gave up waiting: aurora-bridge is unknown: it was never heard of/);
  for (const device of ['aurora-bridge', 'aurora-engine', 'borealis-bridge', 'borealis-engine', 'truck-7-cab']) {
    await world.tell(device, await running(world, device));
  }
  t.is((await world.fleet(['wait'])).exitCode, 0);
});

test('while the broker is away or refuses us status and why say so, and nothing counts as converged', async (t) => {
  const world = await runningHarbor(t);
  for (const device of ['aurora-bridge', 'aurora-engine', 'borealis-bridge', 'borealis-engine', 'truck-7-cab']) {
    await world.tell(device, await running(world, device));
  }
  t.is((await world.fleet(['status'])).exitCode, 0);
  world.broker = { ...world.broker, state: 'unreachable', message: 'connect ECONNREFUSED' };
  const status = await world.fleet(['status']);
  t.is(status.exitCode, 5);
  t.regex(status.output, /unreachable {2}the MQTT broker at broker:8883: connect ECONNREFUSED/);
  const why = await world.fleet(['why', 'device/truck-7-cab']);
  t.is(why.exitCode, 5);
  t.regex(why.output, /has not reached the MQTT broker at broker:8883 for .*: connect ECONNREFUSED/);
  world.broker = { ...world.broker, state: 'refusing', message: 'it refuses the subscription' };
  t.is((await world.fleet(['status'])).exitCode, 5);
  t.regex(
    (await world.fleet(['why', 'device/truck-7-cab'])).output,
    /has refused the controller for .*: it refuses the sub/,
  );
});

async function running(world: ScenarioWorld, device: string) {
  const { sequence, revision } = await world.deploymentOf(device);
  const applications = await world.runningApplications(device);
  return { phase: 'active' as const, highestSequence: sequence, running: { sequence, revision }, applications };
}

test('--set wins over the configuration file for one command, and a key that is none is told', async (t) => {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  world.reachable = false;
  const { output } = await world.fleet(['status', '--set', 'controller=https://elsewhere.example:1']);
  t.regex(output, /the controller at https:\/\/elsewhere\.example:1 does not answer/);
  t.regex((await world.fleet(['why', 'a', '--set', 'controler=x'])).output, /did you mean "controller"\?/);
  t.is((await world.fleet(['wait', '--set', 'controller'])).exitCode, 2);
});

test('a token that is missing, one that is wrong, and a file that is not made yet are told apart', async (t) => {
  const world = await runningHarbor(t);
  const because = async (...settings: string[]) =>
    (await world.fleet(['status', ...settings.flatMap((setting) => ['--set', setting])])).output;
  t.regex(await because('token=wrong'), /does not take this API token: mend cli\.token, cli\.tokenFile or FLEET_/);
  world.edit('../fleet.config.yaml', '  token:', '  # token:');
  t.regex(await because(), /wants its API token: set cli\.token, cli\.tokenFile or FLEET_CLI_TOKEN\n/);
  t.regex(await because('ca=none.pem'), /can't read cli\.ca: .*; the controller makes it at its first start\n/);
});
