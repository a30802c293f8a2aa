/** `fleet` as a program: wires the commands to this machine. */
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../platform/node/clock.ts';
import { nodeDisk } from '../platform/node/disk.ts';
import { isLocked } from '../platform/node/lock.ts';
import { nodeProcesses, nodePrograms } from '../platform/node/processes.ts';
import { nodeRandom } from '../platform/node/random.ts';
import { readStandardInput } from '../platform/node/standard-streams.ts';
import { nodeThreads } from '../platform/node/threads.ts';
import { userName } from '../platform/node/user-name.ts';
import type { Network } from '../platform/ports.ts';
import type { CommandContext, Output } from './command.ts';
import { runCommand } from './run-command.ts';
import { toolVersion } from './tool-version.ts';

/** Writes synchronously, so that nothing is lost when the process ends; what nobody can read any more is dropped. */
function outputOf(stream: NodeJS.WriteStream & { readonly fd: 1 | 2 }, onClosed: () => void): Output {
  return {
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 120,
    rows: () => stream.rows || 50,
    write: (text) => {
      let rest = Buffer.from(text);
      while (rest.length > 0) {
        try {
          rest = rest.subarray(fs.writeSync(stream.fd, rest));
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          // Who reads our output may close it at any time, as `head` does; a full pipe is tried again.
          if (code === 'EPIPE') return onClosed();
          if (code !== 'EAGAIN') throw error;
        }
      }
    },
  };
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

const projectDirectory = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const stopUnread = (): void => stopping.abort(new Error('nobody reads the output any more'));
const stdout = outputOf(process.stdout, stopUnread);
const environment = process.env;
/** Warnings that were said; a command may load its configuration many times. */
const told = new Set<string>();
const directory = process.cwd();
const context: CommandContext = {
  clock: nodeClock,
  disk: nodeDisk,
  gitFiles: fs,
  random: nodeRandom,
  processes: nodeProcesses,
  programs: nodePrograms,
  threads: nodeThreads,
  loadFormMakers: async () => (await import('./form-makers.ts')).formMakers,
  isLocked,
  openNetwork: (identity) => {
    let opened: Promise<Network> | undefined;
    return {
      request: async (...args) => {
        opened ??= import('../platform/node/network.ts').then(({ openNetwork }) => openNetwork(() => identity));
        return (await opened).request(...args);
      },
    };
  },
  doors: {
    ask: async (...args) => (await import('../platform/node/line-door.ts')).nodeLineDoors.ask(...args),
  },
  readInput: readStandardInput,
  stdout,
  stderr: outputOf(process.stderr, stopUnread),
  color: stdout.isTerminal && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb',
  userName,
  environment,
  directory,
  projectDirectory,
  loadConfiguration: async (section, from, flags = {}, file) => {
    const { loadConfiguration } = await import('../platform/node/configuration.ts');
    const loaded = await loadConfiguration(section, { directory: from, environment, flags, file });
    for (const warning of loaded.warnings) if (!told.has(warning)) context.stderr.write(`fleet: ${warning}\n`);
    for (const warning of loaded.warnings) told.add(warning);
    return loaded;
  },
  demo: {
    commitAll: async (at, message) => (await import('../platform/node/git-commit.ts')).commitAll(at, message),
    programs: nodePrograms,
    freePort: async (...args) => (await import('../platform/node/free-port.ts')).freePort(...args),
    startRelay: async (...args) => (await import('../platform/node/tcp-relay.ts')).startTcpRelay(...args),
    bundleAgent: async () =>
      (await import('../device-agent/bundle.ts')).bundleAgent(`${projectDirectory}/.cache/agent`),
  },
  signal: stopping.signal,
};

if (process.argv[2] === '--version') {
  stdout.write(`fleet ${toolVersion(context)}\n`);
} else {
  process.exitCode = await runCommand(context, process.argv.slice(2));
}
