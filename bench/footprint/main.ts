/**
 * How much of a device the agent's supervisor takes: resident and anonymous memory when it is connected by mTLS and idle, at
 * first and after updates, and the time from process start to connected; beside a bare `node -e` process in the same run.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleAgent, compile } from '../../device-agent/bundle.ts';
import { freePort } from '../../platform/node/free-port.ts';
import { processesOf } from '../../test/end-to-end/processes.ts';
import { median } from '../median.ts';
import { type ProcessMemory, processMemory } from './process-memory.ts';
import { openShore } from './shore.ts';
import { measureUpdates } from './updates.ts';

const settleMs = 2_000;
const runs = 5;
const usualUpdates = 6;
const device = 'bench';

interface Measured extends Partial<ProcessMemory> {
  readonly name: string;
  readonly rssKb: number;
  readonly readyMs?: number;
}

interface Subject {
  readonly name: string;
  readonly args: readonly string[];
  /** All in what it writes, once it is ready. */
  readonly ready: readonly string[];
  /** The process of it that is measured, if that is not the one that is started. */
  readonly processOf?: (pid: number) => number;
}

async function measureOnce({ name, args, ready, processOf = (pid) => pid }: Subject): Promise<Required<Measured>> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let printed = '';
  const readyMs = await new Promise<number>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (ready.every((words) => printed.includes(words))) resolve(performance.now() - startedAt);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', () => reject(new Error(`${name} ended before it was ready:\n${printed}`)));
  });
  await sleep(settleMs);
  const memory = processMemory(processOf(child.pid!));
  child.kill('SIGTERM');
  await ended;
  return { name, readyMs, ...memory };
}

async function measure(subject: Subject): Promise<Measured> {
  const all: Required<Measured>[] = [];
  for (let run = 0; run < runs; run++) all.push(await measureOnce(subject));
  const of = (key: 'readyMs' | 'rssKb' | 'anonymousKb' | 'threads'): number => median(all.map((one) => one[key]));
  return {
    name: subject.name,
    readyMs: of('readyMs'),
    rssKb: of('rssKb'),
    anonymousKb: of('anonymousKb'),
    threads: of('threads'),
  };
}

const aim = { rssMb: 60, anonymousMb: 13, readyMs: 250 };

function tableOf(rows: readonly Measured[]): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(34) : cell.padStart(11))).join('');
  const bareKb = rows[0]?.rssKb ?? Number.NaN;
  const body = rows.map(({ name, rssKb, anonymousKb, readyMs, threads }) =>
    line([
      ...[name, (rssKb / 1024).toFixed(1), (rssKb / bareKb).toFixed(2)],
      ...[anonymousKb === undefined ? '' : (anonymousKb / 1024).toFixed(1), readyMs?.toFixed(0) ?? ''],
      String(threads ?? ''),
    ]),
  );
  const head = line([`medians of ${runs}`, 'RSS MB', 'to node -e', 'anon MB', 'ready ms', 'threads']);
  const foot = line(['aim for the supervisor', ...[aim.rssMb, '', aim.anonymousMb, aim.readyMs, ''].map(String)]);
  return `${[head, ...body, foot].join('\n')}\n`;
}

/** The SDK's own client as a bundle beside the agent's native library. */
async function bundleBareClient(directory: string, agentDirectory: string): Promise<string> {
  await compile(directory, { 'bare-client': 'bench/footprint/bare-client.ts' });
  copyFileSync(join(agentDirectory, 'aws-crt.node'), join(directory, 'aws-crt.node'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  return join(directory, 'bare-client.js');
}

/** The same agent where it knows neighbours, to whom it gives what it has; and what does that. */
async function measureNeighbours(program: string, directory: string, agent: object): Promise<Measured[]> {
  const known = Array.from({ length: 4 }, (_, at) => `127.0.0.1:${at + 10}`);
  const neighbours = { listen: { host: '127.0.0.1', port: await freePort() }, known };
  const file = join(directory, 'neighbours.config.yaml');
  writeFileSync(file, JSON.stringify({ agent: { ...agent, neighbours } }));
  const subject = { args: [program, '--config', file], ready: ['link.connected', 'neighbours.listening'] };
  const doorOf = (supervisor: number): number =>
    processesOf(directory).find(
      ({ parent, command }) => parent === supervisor && command.some((word) => word.endsWith('/neighbour-door.js')),
    )!.pid;
  return [
    await measure({ name: 'the same, neighbours on', ...subject }),
    await measure({ name: 'door for neighbours', ...subject, processOf: doorOf }),
  ];
}

/** One agent's life: its supervisor at rest afterwards, and the courier that came and went. */
async function measureLife(program: string, updates: number): Promise<Measured[]> {
  const { supervisor: memory, courierPeakKb } = await measureUpdates(program, updates, settleMs);
  return [
    { name: `supervisor, after ${updates} updates`, ...memory },
    { name: 'courier, at most, while they came', rssKb: courierPeakKb },
  ];
}

/** Runs the benchmark and prints it, as a table or as JSON. `--updates N` makes it a soak. */
export async function run(args: readonly string[]): Promise<void> {
  const options = { json: { type: 'boolean' }, updates: { type: 'string', default: String(usualUpdates) } } as const;
  const { json, updates } = parseArgs({ args: [...args], options }).values;
  const directory = mkdtempSync(join(tmpdir(), 'fleet-footprint-'));
  const stateDirectory = join(directory, 'state');
  const program = await bundleAgent(fileURLToPath(new URL('../../.cache/agent', import.meta.url)));
  const shore = await openShore(join(directory, 'shore'), device, stateDirectory);
  try {
    const agent = {
      ...{ device, stateDirectory, controller: 'https://127.0.0.1:9', ca: shore.ca, trustRoot: shore.trustRoot },
      mqtt: { host: shore.host, port: shore.port, keepAliveSeconds: 1200 },
    };
    const file = join(directory, 'fleet.config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ agent }));
    const bare = ['-e', "console.log('ready'); setInterval(() => {}, 1e9)"];
    const bareClient = await bundleBareClient(join(directory, 'bare'), dirname(program));
    const bareArgs = [bareClient, device, String(shore.port), stateDirectory, shore.ca];
    const ready = ['link.connected'];
    // The supervisor is started as the systemd unit does it, and chooses its flags itself.
    const rows = [
      await measure({ name: 'node -e', args: bare, ready: ['ready'] }),
      await measure({ name: 'bare client of the SDK', args: bareArgs, ready }),
      await measure({ name: 'supervisor, as the unit starts it', args: [program, '--config', file], ready }),
      ...(await measureNeighbours(program, directory, agent)),
      ...(await measureLife(program, Number(updates))),
    ];
    process.stdout.write(json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
  } finally {
    await shore.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
