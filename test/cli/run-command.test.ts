import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CommandContext } from '../../cli/command.ts';
import { runCommand } from '../../cli/run-command.ts';
import { ScenarioWorld } from '../scenarios/scenario-world.ts';

function worldOf(t: ExecutionContext): ScenarioWorld {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  return world;
}

async function fleet(world: ScenarioWorld, words: readonly string[], changed: Partial<CommandContext> = {}) {
  let output = '';
  const context = world.context((text) => (output += text));
  const exitCode = await runCommand({ ...context, ...changed }, words);
  return { exitCode, output };
}

test('an option that is none is named as it was written', async (t) => {
  const world = worldOf(t);
  t.regex((await fleet(world, ['status', '-x'])).output, /there is no option -x\n/);
  const { output, exitCode } = await fleet(world, ['status', '--wath']);
  t.regex(output, /there is no option --wath; did you mean --watch\?\n/);
  t.is(exitCode, 2);
});

test('an option before the command is told to come behind it', async (t) => {
  const { output, exitCode } = await fleet(worldOf(t), ['-o', 'json', 'status']);
  t.regex(output, /^fleet: the command comes first, before -o\n/);
  t.is(exitCode, 2);
});

test('help is given of commands that begin alike as of each of them', async (t) => {
  const world = worldOf(t);
  const { output, exitCode } = await fleet(world, ['rollout', '--help']);
  t.is(exitCode, 0);
  t.regex(output, /^Usage: fleet rollout COMMAND \[ARGUMENTS\]\n\nCommands:\n {2}rollout list .*\n/);
  t.notRegex(output, /^ {2}status/m);
  t.is((await fleet(world, ['help', 'rollout'])).output, output);
  t.regex((await fleet(world, ['help', 'rollout', 'show'])).output, /^Usage: fleet rollout show FLEET/);
  const without = await fleet(world, ['rollout']);
  t.is(without.exitCode, 2);
  t.regex(without.output, /there is no command "rollout"; there is .*\nTry: fleet rollout --help\n$/);
  t.regex((await fleet(world, ['plna', '--help'])).output, /Try: fleet --help\n$/);
});

test('fleet device add writes to the top of the repository, and nowhere outside of one', async (t) => {
  const world = worldOf(t);
  const outside = await fleet(world, ['device', 'add', 'crane'], { directory: world.directory });
  t.regex(outside.output, /is not in a fleet repository; go there or name it: -C DIR\n/);
  t.is(outside.exitCode, 1);
  t.false(existsSync(join(world.directory, 'devices')));
  world.makeRepository('harbor');
  const within = await fleet(world, ['device', 'add', 'crane'], { directory: join(world.repository, 'fleets') });
  t.is(within.output, 'wrote devices/crane.yaml; commit it\n');
  t.true(existsSync(join(world.repository, 'devices/crane.yaml')));
  t.is((await fleet(world, ['device', 'add', 'crane', '-C', world.repository])).exitCode, 1);
});

test('outside of a repository fleet validate says how it takes another directory', async (t) => {
  const world = worldOf(t);
  const { output } = await fleet(world, ['validate'], { directory: world.directory });
  t.regex(output, /go there or name it: fleet validate DIR\n/);
});

test('fleet release list cuts lines for a terminal, and for nobody else', async (t) => {
  const world = worldOf(t);
  world.makeRepository('harbor');
  world.setColumns(40);
  const directory = world.repository;
  const { stdout } = world.context(() => {});
  let piped = '';
  const pipe = { ...stdout, isTerminal: false, write: (text: string) => (piped += text) };
  t.regex((await fleet(world, ['release', 'list'], { directory })).output, /…\n/);
  await fleet(world, ['release', 'list'], { directory, stdout: pipe });
  t.regex(piped, /wasi_snapshot_preview1\n/);
  t.false(piped.includes('…'));
});

test('an address of the controller that is no URL is told as what it is', async (t) => {
  const loadConfiguration = async () => ({ value: { controller: 'https://::1:7443' } });
  const changed = { loadConfiguration } as unknown as Partial<CommandContext>;
  const { output, exitCode } = await fleet(worldOf(t), ['status'], changed);
  t.regex(
    output,
    /^fleet: cli\.controller is no URL: "https:\/\/::1:7443"; write https:\/\/HOST:PORT, an IPv6 address in \[ \]\n/,
  );
  t.is(exitCode, 1);
});
