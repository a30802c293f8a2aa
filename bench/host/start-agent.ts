import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readLog } from '../../device-agent/runtime/log-file.ts';
import { nodeDisk } from '../../platform/node/disk.ts';

/** A program and its words. */
export type Words = readonly string[];

/** An agent, and how it came up. */
export interface Started {
  readonly agent: ChildProcess;
  /** Until the log of every application had grown; infinite where one did not in time. */
  readonly firstLinesMs: number;
  /** What was not to be seen by then, for people. */
  readonly lack?: string;
}

const startMsMax = 30_000;

/** Ends an agent with all that it runs. */
export async function stop(agent: ChildProcess): Promise<void> {
  if (!isUp(agent)) return;
  agent.kill('SIGTERM');
  await once(agent, 'exit');
}

/** Whether it still runs. */
export const isUp = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** When each log had its first line of output. */
function firstLinesAt(logDirectory: string): readonly number[] {
  return readdirSync(logDirectory).flatMap((name) => {
    const lines = (readLog(nodeDisk, logDirectory, name.replace(/\.log$/, '')) ?? '').split('\n');
    const line = lines.find((one) => one.includes(' out '));
    return line === undefined ? [] : [Date.parse(line.split(' ')[0]!)];
  });
}

/** Starts an agent, and waits until all its applications have printed a line, or for as long as that may take. */
export async function startAgent(
  [program, ...args]: Words,
  logDirectory: string,
  applications: number,
): Promise<Started> {
  for (const name of readdirSync(logDirectory)) rmSync(join(logDirectory, name));
  const startedAt = Date.now();
  const agent = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let lastSaid = '';
  agent.stderr!.on('data', (chunk) => {
    lastSaid = String(chunk).trim().split('\n').at(-1)!;
  });
  let printed: readonly number[] = [];
  while (Date.now() - startedAt < startMsMax && isUp(agent)) {
    printed = firstLinesAt(logDirectory);
    if (printed.length === applications) return { agent, firstLinesMs: Math.max(...printed) - startedAt };
    await sleep(100);
  }
  const how = isUp(agent) ? `within ${startMsMax / 1000} s` : 'before the agent ended';
  const lack = `${printed.length} of ${applications} applications printed a line ${how}; it said last: ${lastSaid}`;
  return { agent, firstLinesMs: Number.POSITIVE_INFINITY, lack };
}
