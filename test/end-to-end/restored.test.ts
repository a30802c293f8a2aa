/**
 * Real devices whose controller is killed in the middle of a rollout, and comes back as it was then when the rollout is over: no
 * device goes twice, no wave is skipped, and what is issued stays above what devices have seen.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import test from 'ava';
import { obstacle } from '../../cli/wait-verdict.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { makeWorld, type TestWorld } from './world.ts';

const generousMs = 60_000;
const [canary, other] = ['aurora-bridge', 'borealis-bridge'] as const;

/** The controller has to be killed within it, on a busy machine too: what is copied then knows nothing of the second wave. */
const soakMs = 12_000;
const waves = `spec:
  rollout:
    waves:
      - { name: canary, selector: { matchLabels: { berth: pier-1 } }, soak: ${soakMs / 1_000}s }
      - { name: rest }`;

function shown({ devices }: StatusDocument, name: string) {
  return devices.find((device) => device.name === name)!;
}

/** When a device was in a phase, by the sequences of deployments; in order. */
function passed({ world }: TestWorld, name: string, phase: string): readonly (readonly [number, number])[] {
  const lines = readFileSync(world.logOf(name), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, at, sequence] = new RegExp(`^(\\S+) info engine.phase phase=${phase} highest=(\\d+)$`).exec(line) ?? [];
    return at === undefined ? [] : [[Number(sequence), Date.parse(at)] as const];
  });
}

const stateFiles = ['controller.db', 'controller.db-wal', 'controller.db-shm'];

function copyState(from: string, to: string): void {
  for (const file of stateFiles) {
    rmSync(`${to}/${file}`, { force: true });
    if (existsSync(`${from}/${file}`)) copyFileSync(`${from}/${file}`, `${to}/${file}`);
  }
}

/** Kills the controller, does something while it is away, and starts it again. */
async function killed({ world }: TestWorld, work: () => void): Promise<void> {
  process.kill(world.pidOf('controller')!, 'SIGKILL');
  await world.service('controller')!.stop();
  work();
  world.service('controller')!.start();
}

test.serial(
  'a controller that is killed amid a rollout, and comes back as it was then, takes no device twice',
  async (t) => {
    t.timeout(6 * generousMs);
    const made = await makeWorld(t, [canary, other]);
    const { world, directory } = made;
    made.edit('fleets/ships.yaml', 'spec:', waves);
    const revision = await world.commit('In waves');
    await world.start({ controller: {}, mosquitto: false, restartMs: 500 });
    await world.until((status) => (shown(status, canary).report?.running ? undefined : 'the canary'), generousMs);
    const [state, copy] = [`${directory}/controller`, `${directory}/copy`];
    mkdirSync(copy);
    await killed(made, () => copyState(state, copy));
    const before = await world.converge(revision, generousMs);
    t.is(shown(before, other).report?.running?.sequence, 1);
    await killed(made, () => copyState(copy, state));
    const after = await world.until((status) => {
      const { rollout } = status.fleets[0]!;
      return rollout?.state === 'done' ? obstacle(status, revision) : rollout?.state;
    }, generousMs);
    t.deepEqual(
      passed(made, canary, 'staged').map(([sequence]) => sequence),
      [1],
      'it did not go twice',
    );
    // The copy knows nothing of what it was issued: it gets the same once more, above what it has seen, and nothing stops for that.
    t.deepEqual(
      passed(made, other, 'staged').map(([sequence]) => sequence),
      [1, 2],
    );
    const sinces = [before, after].map((status) => shown(status, other).report?.applications.map(({ since }) => since));
    t.deepEqual(sinces[1], sinces[0]);
    const [[, wasWell], [, wasOffered]] = [passed(made, canary, 'active')[0]!, passed(made, other, 'fetching')[0]!];
    t.true(wasOffered >= wasWell + soakMs, 'its wave came after the canary');
  },
);
