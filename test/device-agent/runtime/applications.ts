import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { bundleAgent } from '../../../device-agent/bundle.ts';
import type { AppRuntime, RunnableApplication } from '../../../device-agent/runtime/app-runtime.ts';
import { readLog } from '../../../device-agent/runtime/log-file.ts';
import { openRuntime as openOn } from '../../../device-agent/runtime/open-runtime.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { nodeProcesses } from '../../../platform/node/processes.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import type { ChildProcess } from '../../../platform/ports.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';

/** The programs as a device has them: each start loads one file, where their sources are over a hundred. */
const programs = dirname(await bundleAgent(fileURLToPath(new URL('../../../.cache/agent', import.meta.url))));

/** Where a runtime's programs and files are, with everything below one directory. */
export function placesIn(directory: string) {
  return {
    directory,
    preparedDirectory: join(directory, 'prepared'),
    hostFile: join(programs, 'app-host.js'),
    prepareFile: join(programs, 'prepare.js'),
    disk: nodeDisk,
    confinement: { hold: () => [] },
    hasFewAddresses: false,
  };
}

/** A real runtime with a real host process, on a directory that goes away with the test. */
export function openRuntime(t: ExecutionContext, changes: Partial<Parameters<typeof openOn>[0]> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-runtime-'));
  const hosts: ChildProcess[] = [];
  const { runtime } = openOn({
    ...placesIn(directory),
    ...{ openSecret: () => undefined, machine: {} },
    processes: {
      start: (file, args, options) => {
        const child = nodeProcesses.start(file, args, options);
        if (file.endsWith('/app-host.js')) hosts.push(child);
        return child;
      },
    },
    clock: nodeClock,
    random: nodeRandom,
    log: { write: () => {} },
    ...changes,
  });
  t.teardown(async () => {
    await runtime.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const application = (
    name: string,
    module: Uint8Array,
    changes: Partial<RunnableApplication> = {},
  ): RunnableApplication => {
    const sha256 = createHash('sha256').update(module).digest('hex');
    const modulePath = join(directory, sha256);
    writeFileSync(modulePath, module);
    const rest = { args: [], env: {}, config: {}, restart: 'never' as const };
    return { name, version: '1', sha256, length: module.length, ...rest, modulePath, ...changes };
  };
  /** What it printed, as far as it is written; empty before that. */
  const logOf = (name: string): string => readLog(nodeDisk, join(directory, 'logs'), name) ?? '';
  /** The log once it says what is wanted: it is written a moment after it was printed. */
  const logWhen = async (name: string, wanted: RegExp): Promise<string> => {
    for (let tries = 0; tries < 600; tries++) {
      const text = logOf(name);
      if (wanted.test(text)) return text;
      await nodeClock.sleep(100);
    }
    throw new Error(`${wanted} is not in ${JSON.stringify(logOf(name))}; ${JSON.stringify(runtime.states())}`);
  };
  return { runtime, directory, hosts, application, logOf, logWhen };
}

/** The states by name once `isThere` holds; fails after ten seconds. */
export async function statesWhen(
  runtime: AppRuntime,
  isThere: (states: Readonly<Record<string, string>>) => boolean,
): Promise<Readonly<Record<string, string>>> {
  const look = (): Record<string, string> =>
    Object.fromEntries(runtime.states().map(({ name, state }) => [name, state]));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it stays at ${JSON.stringify(runtime.states())}`)), 60_000);
    const check = (): void => {
      if (!isThere(look())) return;
      clearTimeout(timer);
      resolve(look());
    };
    runtime.onChange(check);
    check();
  });
}

/** The report of an application once it says so. */
export async function reportWhen(
  runtime: AppRuntime,
  name: string,
  holds: (report: ApplicationReport) => boolean,
): Promise<ApplicationReport> {
  const look = () => runtime.states().find((one) => one.name === name)!;
  await statesWhen(runtime, () => holds(look()));
  return look();
}
