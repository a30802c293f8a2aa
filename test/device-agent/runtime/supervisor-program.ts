/** A supervisor to be killed: runs what it is given and prints the process id of its app host. */
import { openRuntime } from '../../../device-agent/runtime/open-runtime.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeProcesses } from '../../../platform/node/processes.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { placesIn } from './applications.ts';

const [directory = '', applications = '[]'] = process.argv.slice(2);
let hostPid = 0;
const { runtime } = openRuntime({
  ...placesIn(directory),
  ...{ openSecret: () => undefined, machine: {} },
  processes: {
    start: (file, args, options) => {
      const child = nodeProcesses.start(file, args, options);
      hostPid = child.pid;
      return child;
    },
  },
  clock: nodeClock,
  random: nodeRandom,
  log: { write: () => {} },
});
await runtime.apply(JSON.parse(applications));
process.stdout.write(`${hostPid}\n`);
