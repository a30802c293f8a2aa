/**
 * How much of a device the agent's supervisor takes: resident and anonymous memory when it is connected by mTLS and idle, and
 * the time from process start to connected; beside a bare `node -e` process in the same run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleAgent } from '../../device-agent/bundle.ts';
import { type ProcessMemory, processMemory } from './process-memory.ts';
import { openShore } from './shore.ts';

/** As the systemd unit has them. */
const unitFlags = ['--max-semi-space-size=1', '--v8-pool-size=1', '--disable-warning=ExperimentalWarning'];
const settleMs = 2_000;
const runs = 5;
const device = 'bench';

interface Measured extends ProcessMemory {
  readonly name: string;
  readonly readyMs: number;
}

interface Subject {
  readonly name: string;
  readonly args: readonly string[];
  /** In what it writes, once it is ready. */
  readonly ready: string;
}

async function measureOnce({ name, args, ready }: Subject): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let printed = '';
  const readyMs = await new Promise<number>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes(ready)) resolve(performance.now() - startedAt);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', () => reject(new Error(`${name} ended before it was ready:\n${printed}`)));
  });
  await sleep(settleMs);
  const memory = processMemory(child.pid!);
  child.kill('SIGTERM');
  await ended;
  return { name, readyMs, ...memory };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function measure(subject: Subject): Promise<Measured> {
  const all: Measured[] = [];
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

function tableOf(rows: readonly Measured[]): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(34) : cell.padStart(11))).join('');
  const body = rows.map(({ name, rssKb, anonymousKb, readyMs, threads }) =>
    line([name, (rssKb / 1024).toFixed(1), (anonymousKb / 1024).toFixed(1), readyMs.toFixed(0), String(threads)]),
  );
  const head = line(['medians of 5', 'RSS MB', 'anon MB', 'ready ms', 'threads']);
  const aim = line(['aim for the supervisor', '60', '13', '250', '']);
  return `${[head, ...body, aim].join('\n')}\n`;
}

/** Runs the benchmark and prints it, as a table or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const { json } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values;
  const directory = mkdtempSync(join(tmpdir(), 'fleet-footprint-'));
  const stateDirectory = join(directory, 'state');
  const supervisor = await bundleAgent(fileURLToPath(new URL('../../.cache/agent', import.meta.url)));
  const shore = await openShore(join(directory, 'shore'), device, stateDirectory);
  try {
    const configuration = JSON.stringify({
      ...{ device, stateDirectory, controller: 'https://127.0.0.1:9', ca: shore.ca, trustRoot: shore.trustRoot },
      mqtt: { host: shore.host, port: shore.port, keepAliveSeconds: 1200 },
    });
    const agent = [supervisor, '--resolved', configuration];
    const bare = ['-e', "console.log('ready'); setInterval(() => {}, 1e9)"];
    const rows = [
      await measure({ name: 'node -e', args: bare, ready: 'ready' }),
      await measure({ name: 'node -e, flags of the unit', args: [...unitFlags, ...bare], ready: 'ready' }),
      await measure({ name: 'supervisor', args: agent, ready: 'link.connected' }),
      await measure({ name: 'supervisor, flags of the unit', args: [...unitFlags, ...agent], ready: 'link.connected' }),
    ];
    process.stdout.write(json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
  } finally {
    await shore.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
