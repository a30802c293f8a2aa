/**
 * Transcripts: prose with fenced blocks of commands and the screens they must show.
 *
 *     ```console
 *     $ fleet status
 *     …the expected screen…
 *     (exit 3)
 *     ```
 *
 * Commands other than `fleet` move the world; they are the keys of `moves` below and print nothing.
 */
import type { DeviceProblem } from '../../schemas/generated/types.ts';
import type { ScenarioWorld } from './scenario-world.ts';

/** Words of a command line; double quotes hold words together. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('\\"', '"').replaceAll('\\n', '\n') ?? bare!,
  );
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text)!;
  return Number(count) * unitMs[unit!]!;
}

type Move = (world: ScenarioWorld, words: readonly string[]) => void | Promise<void>;

/** It has all of its newest deployment, and runs it if nothing is in the way. */
async function looks(world: ScenarioWorld, device: string): Promise<void> {
  const { sequence, revision } = await world.deploymentOf(device);
  const [waiting, consent] = [await world.gates.waiting(device), world.gates.consent(device)];
  const reference = { sequence, revision };
  const said = consent === undefined ? {} : { consent };
  if (waiting !== undefined)
    return world.tell(device, { phase: 'waiting', highestSequence: sequence, target: reference, waiting, ...said });
  const applications = await world.runningApplications(device);
  return world.tell(device, { phase: 'active', highestSequence: sequence, running: reference, applications, ...said });
}

function problemOf(world: ScenarioWorld, sequence: number, code: string, message: string): DeviceProblem {
  const at = new Date(world.context(() => {}).clock.now()).toISOString();
  return { code, message, at, sequence };
}

/** What devices can do in a transcript: `$ device NAME WHAT …`. */
const deviceMoves: Readonly<
  Record<string, (world: ScenarioWorld, device: string, words: readonly string[]) => Promise<void>>
> = {
  connects: (world, device) => world.connect(device, true),
  leaves: (world, device) => world.connect(device, false),
  fetches: async (world, device, [done, total]) => {
    const { sequence, revision } = await world.deploymentOf(device);
    const progress = { bytesDone: Number(done), bytesTotal: Number(total) };
    return world.tell(device, {
      phase: 'fetching',
      highestSequence: sequence,
      target: { sequence, revision },
      progress,
    });
  },
  runs: async (world, device) => {
    const { sequence, revision } = await world.deploymentOf(device);
    const applications = await world.runningApplications(device);
    return world.tell(device, {
      phase: 'active',
      highestSequence: sequence,
      running: { sequence, revision },
      applications,
    });
  },
  writes: async (world, device, [fact, text]) => world.gates.writes(device, fact!, text!),
  says: async (world, device, [word, who, reason]) =>
    world.gates.answers(device, word === 'yes' ? 'granted' : 'denied', who!, reason),
  looks,
  /** `hands-in 20d 12 CODE "what happened"`: what it wrote down so long ago, in that start of its agent. */
  'hands-in': (world, device, [ago, boot, code, message]) =>
    world.handIn(device, durationMs(ago!), { boot: Number(boot), code: code!, message: message! }),
  fails: (world, device, [name, message]) => {
    const applications = world
      .lastApplications(device)
      .map((one) => (one.name === name ? { ...one, state: 'backoff' as const, restarts: 3, message: message! } : one));
    return world.tell(device, { phase: 'active', applications });
  },
  refuses: async (world, device, [code, message]) => {
    const { sequence } = await world.deploymentOf(device);
    const problem = problemOf(world, sequence, code!, message!);
    return world.tell(device, { phase: 'active', highestSequence: sequence, problem });
  },
  /** It can't fetch what it lacks, and goes on trying. */
  lacks: async (world, device, [code, message]) => {
    const { sequence, revision } = await world.deploymentOf(device);
    const problem = problemOf(world, sequence, code!, message!);
    return world.tell(device, {
      phase: 'fetching',
      highestSequence: sequence,
      target: { sequence, revision },
      problem,
    });
  },
};

const moves: Readonly<Record<string, Move>> = {
  /** `example harbor`, or `example harbor with waves`: its fleets change all at once unless it says so. */
  example: (world, [name, ...rest]) => world.makeRepository(name!, { hasWaves: rest.join(' ') === 'with waves' }),
  release: (world, [name, version]) => world.addRelease(name!, version!),
  edit: (world, [file, from, to]) => world.edit(file!, from!, to!),
  write: (world, [file, text]) => world.write(file!, text!),
  commit: (world, [subject]) => world.commit(subject!),
  controller: async (world, [what]) => {
    if (what === 'starts') await world.startController();
    else world.reachable = what === 'is-back';
  },
  later: (world, [duration]) => world.later(durationMs(duration!)),
  columns: (world, [columns]) => world.setColumns(Number(columns)),
  device: (world, [device, what, ...rest]) => {
    const move = deviceMoves[what!];
    if (move === undefined) throw new Error(`a device does not ${what}`);
    return move(world, device!, rest);
  },
};

async function run(world: ScenarioWorld, line: string): Promise<string> {
  const [command, ...words] = wordsOf(line);
  if (command === 'fleet') {
    const { output, exitCode } = await world.fleet(words);
    return `${output}${exitCode === 0 ? '' : `(exit ${exitCode})\n`}`;
  }
  const move = moves[command!];
  if (move === undefined) throw new Error(`there is no command ${command} in transcripts`);
  await move(world, words);
  return '';
}

/** The transcript as it comes out when its commands are run. */
export async function replay(text: string, world: ScenarioWorld): Promise<string> {
  let out = '';
  for (const block of text.split(/^(```console\n[\s\S]*?^```\n)/m)) {
    if (!block.startsWith('```console\n')) {
      out += block;
      continue;
    }
    const commands = block.split('\n').filter((line) => line.startsWith('$ '));
    out += '```console\n';
    for (const command of commands) out += `${command}\n${await run(world, command.slice(2))}`;
    out += '```\n';
  }
  return out;
}
