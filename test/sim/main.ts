/** `npm run sim -- --seed N --devices 50 --days 30`: one simulated fleet; a failure prints the command that replays it. */
import { simulate } from './run.ts';
import { PowerCut } from './sim-disk.ts';
import { readSimArguments, type SimArguments, tellCrash, tellResult } from './tell.ts';

function end(lines: readonly string[], exitCode: number): never {
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(exitCode);
}

function argumentsOrUsage(): SimArguments {
  try {
    return readSimArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`sim: ${(error as Error).message}\n`);
    process.exit(2);
  }
}

const options = argumentsOrUsage();
process.on('unhandledRejection', (reason) => {
  // A process that is cut off may leave promises behind that nobody waits for any more.
  if (!(reason instanceof PowerCut)) end(tellCrash(options, reason), 1);
});
process.on('uncaughtException', (error) => end(tellCrash(options, error), 1));
const result = await simulate(options);
end(tellResult(options, result), result.violation === undefined ? 0 : 1);
