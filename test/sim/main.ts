/** `npm run sim -- --seed N --devices 50 --days 30`: one simulated fleet; a failure prints the command that replays it. */
import { parseArgs } from 'node:util';
import { type RunResult, simulate } from './run.ts';
import { PowerCut } from './sim-disk.ts';

// A process that is cut off may leave promises behind that nobody waits for any more.
process.on('unhandledRejection', (reason) => {
  if (reason instanceof PowerCut) return;
  throw reason;
});

function numberOf(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${text} is not a whole number`);
  return value;
}

function print({ summary, digest }: RunResult): void {
  const { virtualDays, commits, deployments, reboots, controllerStarts, lies, bytesDown, convergedMs } = summary;
  const megabytes = (bytesDown / 1e6).toFixed(1);
  console.log(`${virtualDays.toFixed(1)} days, ${commits} commits, ${deployments} deployments, ${megabytes} MB down`);
  console.log(`${reboots} starts of agents, ${controllerStarts} of the controller, ${lies} lies`);
  if (convergedMs !== undefined)
    console.log(`all as git wants it ${convergedMs / 60_000} minutes after the faults ended`);
  console.log(`trace ${digest.slice(0, 16)}`);
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    devices: { type: 'string' },
    days: { type: 'string' },
    trace: { type: 'boolean' },
  },
});
const seed = numberOf(values.seed, 1);
const devices = numberOf(values.devices, 50);
const days = numberOf(values.days, 30);
const result = await simulate({ seed, devices, days });
if (values.trace === true) console.log(result.end.join('\n'));
print(result);
if (result.violation !== undefined) {
  console.log(`\n${result.violation}\n\nReplay: npm run sim -- --seed ${seed} --devices ${devices} --days ${days}`);
  process.exitCode = 1;
}
