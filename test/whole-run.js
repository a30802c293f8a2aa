/** How `npm test` runs all tests: as `ava` does, but files of tests that can do so share processes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleAgent } from '../device-agent/bundle.ts';
import packageJson from '../package.json' with { type: 'json' };
import { scratchInMemory } from './scratch.ts';
import { byProcess, companyOf } from './shared-processes.ts';
import { walk } from './sources.ts';

/** Where the files lie that only import those of a process, and are made anew for each run. */
const directory = '.cache/tests';

/** Those that take longest, which begin first, in this order: none is left to run alone at the end. */
const longest = [
  ...[
    'links',
    'stand-by',
    'month',
    'demo',
    'refusals',
    'processes',
    'remote-mirror',
    'rebuild',
    'sim',
    'world',
    'events',
    'kept-instances',
    'scenarios-1',
    'aboard',
    'ci',
  ],
  ...['controller-outside-1', 'postgres-state', 'run', 'update', 'containment', 'artifact-1', 'cli-1'],
  ...['controller-power-lost', 'controller-power-torn', 'controller-killed', 'run-application'],
];

/** Its place among these, or behind them all. */
function placeOf(file) {
  const at = longest.findIndex((name) => file.endsWith(`/${name}.test.ts`));
  return at === -1 ? longest.length : at;
}

export default async ({ projectDir }) => {
  // Once, before several that run it would each make it.
  await bundleAgent(join(projectDir, '.cache/agent'));
  const files = walk('test').filter((file) => file.endsWith('.test.ts'));
  const sharing = files.filter((file) => companyOf(file) !== 'none');
  rmSync(join(projectDir, directory), { recursive: true, force: true });
  mkdirSync(join(projectDir, directory), { recursive: true });
  const processes = [...byProcess(sharing)].map(([name, together]) => {
    const file = `${directory}/${name}.test.ts`;
    writeFileSync(join(projectDir, file), together.map((path) => `import '../../${path}';\n`).join(''));
    return file;
  });
  const scratch = scratchInMemory();
  return {
    ...packageJson.ava,
    ...(scratch === undefined ? {} : { environmentVariables: { TMPDIR: scratch } }),
    // Threads that collect garbage beside four processes on two processors are in each other's way.
    nodeArguments: ['--single-threaded-gc'],
    files: [...files.filter((file) => !sharing.includes(file)), ...processes],
    sortTestFiles: (a, b) => placeOf(a) - placeOf(b),
  };
};
