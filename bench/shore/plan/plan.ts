/** `fleet plan` of one changed device at the size of a fleet, beside what the git program takes to tell the same files apart. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from '../../median.ts';
import { deviceFile, FleetRepository } from '../engine/fleet-repository.ts';
import type { Figures } from '../part.ts';
import type { RunCosts } from './tell-costs.ts';

const command = fileURLToPath(new URL('../../../fleet', import.meta.url));
const tellCosts = new URL('tell-costs.ts', import.meta.url).href;

/** Runs over what the second one kept, for their median. */
const laterRuns = 3;

/** One run, by a user who has nothing yet but what runs before left. */
function runPlan(repository: string, home: string): RunCosts {
  const { HOME: _, ...environment } = process.env;
  const result = spawnSync(command, ['plan', 'main'], {
    cwd: repository,
    env: { ...environment, HOME: home, NODE_COMPILE_CACHE: `${home}/compiled`, NODE_OPTIONS: `--import=${tellCosts}` },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  if (result.status !== 0) throw new Error(`fleet plan ended with ${result.status}: ${result.stderr}`);
  return JSON.parse(String(result.output[3]));
}

function secondsOf(run: () => void): number {
  const startedAt = performance.now();
  run();
  return (performance.now() - startedAt) / 1000;
}

function gitFloor(repository: string): Figures {
  const git =
    (...args: string[]) =>
    () => {
      execFileSync('git', ['-C', repository, ...args], { maxBuffer: 2 ** 30 });
    };
  return {
    diffSeconds: secondsOf(git('diff', '--stat', 'main~1', 'main')),
    listSeconds: secondsOf(git('ls-tree', '-r', 'main')),
  };
}

/** Makes the repository, and tells the floor, the first run, the second, which writes down what it judged, and those after it. */
export async function measurePlan(devices: number, onRow: (step: string, figures: Figures) => void): Promise<void> {
  const directory = mkdtempSync(`${tmpdir()}/fleet-bench-plan-`);
  try {
    const made = new FleetRepository(directory, devices);
    made.commit([deviceFile(1, 1)]);
    const repository = `${directory}/clone`;
    execFileSync('git', ['clone', '--quiet', '--no-checkout', made.path, repository]);
    onRow('git', gitFloor(repository));
    const first = runPlan(repository, directory);
    onRow('first run', { ...first });
    const second = runPlan(repository, directory);
    onRow('second run, which keeps', { ...second });
    const later = Array.from({ length: laterRuns }, () => runPlan(repository, directory));
    const medianOf = (figure: keyof RunCosts): number => median(later.map((run) => run[figure]));
    onRow('later runs, median', { cpuS: medianOf('cpuS'), peakMb: medianOf('peakMb') });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
