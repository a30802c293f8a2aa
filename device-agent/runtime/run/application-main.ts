/** The process of `fleet run --app`: takes one request over its channel, runs the application at this terminal, answers, ends. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../platform/node/host-directory.ts';
import { startLocalHttpServer } from '../../../platform/node/local-http-server.ts';
import { takeLock } from '../../../platform/node/lock.ts';
import { nodeMachine } from '../../../platform/node/machine.ts';
import { nodeOutbound } from '../../../platform/node/outbound.ts';
import { nodeRandom } from '../../../platform/node/random.ts';
import { fileInput, standardInput, standardOutput } from '../../../platform/node/standard-streams.ts';
import type { OutputStream } from '../../../platform/streams.ts';
import { openAppHost } from '../host/open-app-host.ts';
import { Turns } from '../host/turns.ts';
import { askBodyBytesMax } from '../http/messages.ts';
import {
  type ApplicationOutcome,
  type ApplicationRequest,
  interruptMessage,
  type StreamPlace,
} from './application-request.ts';
import { ApplicationRun, type ApplicationRunPorts } from './application-run.ts';
import { UseCount } from './application-use.ts';

const streams = { stdout: standardOutput(1), stderr: standardOutput(2) };

function writeAll(stream: OutputStream, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += stream.write(bytes.subarray(at));
}

function tell(text: string): void {
  writeAll(streams.stderr, Buffer.from(`fleet: ${text}\n`));
}

/** A file that is begun anew, or the terminal with the channel's name before each message. */
function openOutput(channel: string, { path }: StreamPlace): (message: Uint8Array) => void {
  if (path === undefined) {
    return (message) => writeAll(streams.stdout, Buffer.concat([Buffer.from(`${channel}: `), message]));
  }
  const descriptor = openSync(path, 'w');
  process.once('exit', () => closeSync(descriptor));
  return (message) => {
    for (let at = 0; at < message.length; ) at += writeSync(descriptor, message.subarray(at));
  };
}

function portsOf({ stateDirectory }: ApplicationRequest): ApplicationRunPorts {
  const machine = {
    ...{ clock: nodeClock, disk: nodeDisk, random: nodeRandom, outbound: nodeOutbound, machine: nodeMachine },
    openDirectory: openHostDirectory,
    turns: new Turns({ nextTurn: setImmediate, mark: () => {} }),
    lock: async () => ({ [Symbol.dispose]: () => {} }),
  };
  return {
    clock: nodeClock,
    openHost: ({ say, openSource, observe }) => openAppHost({ ...machine, openSource }, stateDirectory, say, observe),
    openInput: ({ path }) => (path === undefined ? standardInput() : fileInput(path)),
    openOutput,
    print: (stream, bytes) => writeAll(streams[stream], bytes),
    tell,
    listen: (port, answer, onUnread) =>
      startLocalHttpServer({ host: '127.0.0.1', port, bodyBytesMax: askBodyBytesMax, answer, onUnread }),
  };
}

async function outcomeOf(request: ApplicationRequest): Promise<ApplicationOutcome> {
  try {
    nodeDisk.makeDirectory(request.stateDirectory);
    if (takeLock(request.stateDirectory, 'run') === undefined)
      throw new Error(`another fleet run keeps its files in ${request.stateDirectory}; give this one another --state`);
    const run = new ApplicationRun(request, portsOf(request));
    process.on('message', (message) => {
      if (message === interruptMessage) run.interrupt();
    });
    return await run.run();
  } catch (error) {
    const { message } = error as Error;
    return { end: { kind: 'failed', message }, use: new UseCount().total(undefined, undefined) };
  }
}

// A terminal's Ctrl-C reaches the whole group; who asked for the run decides when it ends.
process.on('SIGINT', () => {});
process.once('message', async (request: ApplicationRequest) => {
  process.send!(await outcomeOf(request), () => process.exit());
});
process.on('disconnect', () => process.exit());
