import { type Command, type CommandContext, CommandError } from '../command.ts';
import { type DemoFleet, leaveReleases, makeDemoFleet } from '../demo/demo-fleet.ts';
import { DemoWorld } from '../demo/demo-world.ts';
import { runUnattended } from '../demo/unattended.ts';
import { whatToTry } from '../demo/what-to-try.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { absolutePath } from '../repository.ts';
import { watchStatus } from './status.ts';

function say(context: CommandContext, text: string): void {
  context.stderr.write(`${text}\n`);
}

/** Where the fleet stands, in a line; a controller that is down is part of a demo that invites to kill it. */
async function progressLine(world: DemoWorld): Promise<string> {
  try {
    const { devices, source } = await world.status();
    const running = devices.filter(({ state }) => state === 'running').length;
    return `${source.revision?.id.slice(0, 7)}: ${running} of ${devices.length} devices run what they should`;
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== exitCodes.unreachable) throw error;
    return 'the controller does not answer';
  }
}

/** Until Ctrl-C: on a terminal the status redraws itself, elsewhere one line tells of every change. */
async function live(context: CommandContext, world: DemoWorld, fleet: DemoFleet): Promise<ExitCode> {
  const { stdout, clock, signal } = context;
  leaveReleases(context, fleet);
  const device = fleet.devices[0]!;
  const hints = (): string =>
    whatToTry({
      repository: fleet.tree.directory,
      projectDirectory: context.projectDirectory,
      device,
      pid: world.pidOf(device.name),
      columns: stdout.columns(),
      url: world.url,
    });
  if (stdout.isTerminal) {
    await watchStatus(world.context, { format: 'text' }, hints);
    return exitCodes.ok;
  }
  stdout.write(hints());
  let last = '';
  while (!signal.aborted) {
    const line = await progressLine(world);
    if (line !== last) stdout.write(`${line}\n`);
    last = line;
    await clock.sleep(1_000, signal).catch(() => {});
  }
  return exitCodes.ok;
}

export const demoCommand: Command = {
  name: 'demo',
  summary: 'a controller and five agents on this machine, on a fleet of two ships and a truck',
  arguments: '',
  options: {
    once: { type: 'boolean', description: 'Unattended: deploy, change, deploy again, print the status as JSON, stop.' },
    directory: {
      type: 'string',
      value: 'DIR',
      description: 'Where to work (a new directory, kept afterwards); a temporary one unless given.',
    },
    set: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      description: 'A key of the controller section: --set mqtt.external=mqtts://127.0.0.1:8884.',
    },
    mosquitto: { type: 'boolean', description: 'The installed Mosquitto instead of the embedded broker.' },
  },
  async run(context, { flags, values, lists }) {
    const { disk, random, environment, demo } = context;
    const name = `fleet-demo-${Buffer.from(random.bytes(4)).toString('hex')}`;
    const given = values.directory;
    const directory = absolutePath(context, given ?? `${environment.TMPDIR || '/tmp'}/${name}`);
    const settings = Object.fromEntries(
      (lists.set ?? []).map((pair) => {
        const [, key, value] = /^([\w.]+)=(.*)$/s.exec(pair) ?? [];
        if (key === undefined) throw new CommandError(`--set ${pair}: write KEY=VALUE`, exitCodes.usage);
        return [key, value!];
      }),
    );
    say(context, `making a fleet of two ships and a truck in ${directory}`);
    const fleet = makeDemoFleet(context, directory);
    const world = new DemoWorld(context, demo, fleet, directory);
    try {
      const first = await world.commit('A harbor: two ships and a truck');
      await world.start({ controller: settings, mosquitto: flags.has('mosquitto') });
      return flags.has('once') ? await runUnattended(context, world, fleet, first) : await live(context, world, fleet);
    } catch (error) {
      if (!context.signal.aborted) throw error;
      return exitCodes.failed;
    } finally {
      await world.stop();
      if (given === undefined) disk.remove(directory);
    }
  },
};
