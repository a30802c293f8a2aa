/** The engine of the shore at the size of a fleet, from the first start on: what a commit, a start and a question cost. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../../controller/node-flags.ts';
import type { EngineOrder, EngineSample } from './engine-orders.ts';
import { applicationFiles, deviceFile, deviceName, FleetRepository } from './fleet-repository.ts';
import { sqliteFloor } from './sqlite-floor.ts';

const program = fileURLToPath(new URL('engine-process.ts', import.meta.url));

/** Figures by what they are, the unit last. */
export interface EngineFigures {
  readonly step: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Pages of a hundred devices: the first by name is only shown, for the others each device is looked at. */
const pages = ['sort=name', 'sort=contact', 'state=dark', 'text=7777', 'fleet=fleet-7', 'selector=fleet%3Df7'];

/** How often the smallest change is made, for its median. */
const singleChanges = 5;

/** So is a second start. */
const warmStarts = 3;

class EngineProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(repository: FleetRepository, directory: string, devices: number): Promise<EngineProcess> {
    const child = fork(program, [directory, repository.keys, `${devices}`], {
      execArgv: [...process.execArgv, ...nodeFlags],
    });
    await once(child, 'message');
    return new EngineProcess(child);
  }

  async ask(order: EngineOrder): Promise<EngineSample> {
    const { promise, resolve, reject } = Promise.withResolvers<EngineSample>();
    const gone = (): void => reject(new Error(`the controller ended at ${order.kind}`));
    this.#child.once('exit', gone);
    this.#child.once('message', resolve);
    this.#child.send(order);
    const sample = await promise;
    this.#child.off('exit', gone);
    return sample;
  }

  async end(): Promise<void> {
    await this.ask({ kind: 'stop' });
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

function costs({ wallMs, cpuMs, ...sample }: EngineSample): EngineFigures['figures'] {
  const { longestBlockMs, longestTurnCpuMs, rssMb, peakMb } = sample;
  return { seconds: wallMs / 1000, cpuS: cpuMs / 1000, longestBlockMs, longestTurnCpuMs, rssMb, peakMb };
}

function median(samples: readonly EngineSample[]): EngineSample {
  const sorted = [...samples].sort((left, right) => left.wallMs - right.wallMs);
  const longest = (of: 'longestBlockMs' | 'longestTurnCpuMs') => Math.max(...samples.map((sample) => sample[of]));
  const blocks = { longestBlockMs: longest('longestBlockMs'), longestTurnCpuMs: longest('longestTurnCpuMs') };
  return { ...sorted[sorted.length >> 1]!, ...blocks };
}

/** Where files live in memory, if there is such a place: what is measured is the program, not a disk. */
function scratch(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fleet-bench-engine-'));
}

function tipOf({ path }: FleetRepository): string {
  return execFileSync('git', [`--git-dir=${path}`, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
}

/** What the git program takes to clone the repository and to read every blob of it. */
function gitFloor({ path }: FleetRepository, directory: string): EngineFigures['figures'] {
  const startedAt = performance.now();
  const command = `git clone --quiet --bare file://${path} ${directory}/clone.git && cd ${directory}/clone.git &&
    git ls-tree -r main | cut -d' ' -f3 | cut -f1 | git cat-file --batch --buffer > /dev/null`;
  execFileSync('sh', ['-c', command]);
  rmSync(`${directory}/clone.git`, { recursive: true });
  return { seconds: (performance.now() - startedAt) / 1000 };
}

function databaseKb(directory: string): number {
  return statSync(`${directory}/state.sqlite`).size / 1024;
}

/** Runs all steps; `onStep` is told each as it is known. */
export async function measureEngine(count: number, onStep: (figures: EngineFigures) => void): Promise<void> {
  const directory = scratch();
  const tell = (step: string, figures: EngineFigures['figures']) => onStep({ step, figures });
  try {
    const repository = new FleetRepository(directory, count);
    tell('git clone and read', gitFloor(repository, directory));
    await firstLife(repository, directory, count, tell);
    const starts: EngineSample[] = [];
    for (let n = 0; n < warmStarts; n += 1) {
      const warm = await EngineProcess.start(repository, directory, count);
      starts.push(await warm.ask({ kind: 'start' }));
      await warm.end();
    }
    tell('warm start', costs(median(starts)));
    tell('plain SQLite', sqliteFloor(`${directory}/state.sqlite`, directory));
    tell('database per device', { kilobytes: databaseKb(directory) / count });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function firstLife(
  repository: FleetRepository,
  directory: string,
  count: number,
  tell: (step: string, figures: EngineFigures['figures']) => void,
): Promise<void> {
  const engine = await EngineProcess.start(repository, directory, count);
  const follow = (devices: number, isTold: boolean) => engine.ask({ kind: 'follow', devices, isTold });
  await engine.ask({ kind: 'start' });
  tell('cold start to all shadows', costs(await follow(count, false)));
  tell('all report', costs(await engine.ask({ kind: 'come-aboard', revision: tipOf(repository) })));
  const singles: EngineSample[] = [];
  for (let n = 1; n <= singleChanges; n += 1) {
    repository.commit([deviceFile(n, n)]);
    singles.push(await follow(1, true));
  }
  tell('one changed', costs(median(singles)));
  const many = Math.max(1, Math.floor(count / 100));
  repository.commit(Array.from({ length: many }, (_, n) => deviceFile(n, 100)));
  tell('a hundredth changed', costs(await follow(many, true)));
  repository.commit(applicationFiles(1));
  tell('all changed', costs(await follow(count, true)));
  const query = { target: { kind: 'device', name: deviceName(7) } } as const;
  for (const [step, asked] of [
    ['status of one', query],
    ['status summary', {}],
  ] as const) {
    const { ms = 0, bytes = 0 } = await engine.ask({ kind: 'status', query: asked });
    tell(step, { ms, bytes });
  }
  for (const asked of pages) {
    const { ms = 0, bytes = 0, longestTurnCpuMs } = await engine.ask({ kind: 'devices', query: `limit=100&${asked}` });
    tell(`devices ${asked}`, { ms, bytes, longestTurnCpuMs });
  }
  await engine.end();
}
