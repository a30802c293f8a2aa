/** A supervisor to be killed: runs what it is given and prints the process id of its app host. */
import { fileURLToPath } from 'node:url';
import { SupervisedRuntime } from '../../../device-agent/runtime/supervised-runtime.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeProcesses } from '../../../platform/node/processes.ts';
import { nodeRandom } from '../../../platform/node/random.ts';

const [directory = '', applications = '[]'] = process.argv.slice(2);
let hostPid = 0;
const runtime = new SupervisedRuntime({
  processes: {
    start: (file, args) => {
      const child = nodeProcesses.start(file, args);
      hostPid = child.pid;
      return child;
    },
  },
  clock: nodeClock,
  random: nodeRandom,
  log: { write: () => {} },
  hostFile: fileURLToPath(new URL('../../../device-agent/runtime/host/main.ts', import.meta.url)),
  directory,
});
await runtime.apply(JSON.parse(applications));
process.stdout.write(`${hostPid}\n`);
