/** Starts and stops a shore to measure: the embedded broker, or a Mosquitto with our client of it. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MosquittoSite } from '../../controller/doors/mqtt/external/mosquitto-site.ts';
import { nodeFlags } from '../../controller/node-flags.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { freePort } from '../../platform/node/free-port.ts';
import { processMemory } from '../footprint/process-memory.ts';
import type { Crowd } from './crowd.ts';

/** What a shore tells of itself since it was asked last. */
export interface ShoreSample {
  readonly longestBlockMs: number;
  readonly longestTurnCpuMs: number;
  readonly refusals: readonly string[];
}

/** Which broker is measured. */
export type ShoreKind = 'embedded' | 'mosquitto';

/** A shore that runs. */
export interface Shore {
  readonly port: number;
  sample(): Promise<ShoreSample>;
  /** Resident memory of the broker's process. */
  rssKb(): number;
  /** What the shore's processes have computed so far, which other work on the machine does not change. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Whether Mosquitto is installed. */
export const hasMosquitto = spawnSync('mosquitto', ['-h']).error === undefined;

const program = fileURLToPath(new URL('shore-process.ts', import.meta.url));

/** The kernel counts in hundredths of a second: user and system time are the fields 14 and 15, behind the name in brackets. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function startProcess(args: readonly string[]): Promise<ChildProcess> {
  const child = fork(program, args, { execArgv: [...process.execArgv, ...nodeFlags] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the shore ended before it was ready');
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function startMosquitto({ directory, devices }: Crowd, port: number): Promise<ChildProcess> {
  const site = new MosquittoSite({
    ...{ disk: nodeDisk, log: { write: () => {} }, directory: `${directory}/mosquitto`, authorityDirectory: directory },
    url: `mqtts://127.0.0.1:${port}`,
    user: userInfo().username,
    reload: () => false,
  });
  site.admit(devices);
  const child = spawn('mosquitto', ['-c', `${directory}/mosquitto/mosquitto.conf`], { stdio: 'ignore' });
  while (child.exitCode === null && !(await answers(port))) await sleep(50);
  return child;
}

/** What a report is answered with. */
const usualAnswerBytes = 500;

/** How a shore differs from the usual one. */
export interface ShoreOptions {
  /** Where one was before. */
  readonly port?: number;
  readonly answerBytes?: number;
}

/** Starts one for a crowd of devices. */
export async function startShore(kind: ShoreKind, crowd: Crowd, options: ShoreOptions = {}): Promise<Shore> {
  const { port: at = await freePort(), answerBytes = usualAnswerBytes } = options;
  const mosquitto = kind === 'mosquitto' ? await startMosquitto(crowd, at) : undefined;
  const url = mosquitto === undefined ? 'embedded' : `mqtts://localhost:${at}`;
  const child = await startProcess([crowd.directory, url, `${at}`, `${answerBytes}`]);
  return {
    port: at,
    rssKb: () => processMemory((mosquitto ?? child).pid!).rssKb,
    cpuMs: () => cpuMs(child) + (mosquitto === undefined ? 0 : cpuMs(mosquitto)),
    async sample() {
      const answer = once(child, 'message');
      child.send('sample');
      return (await answer)[0] as ShoreSample;
    },
    async stop() {
      await end(child);
      if (mosquitto !== undefined) await end(mosquitto);
    },
  };
}
