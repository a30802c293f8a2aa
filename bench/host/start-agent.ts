import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program and its words. */
export type Words = readonly string[];

const startMsMax = 120_000;

/** Ends an agent with all that it runs. */
export async function stop(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  agent.kill('SIGTERM');
  await once(agent, 'exit');
}

/** Whether it still runs. */
export const isUp = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** Starts an agent; milliseconds until the log of every application has grown, infinite where one did not in time. */
export async function startAgent(
  [program, ...args]: Words,
  logDirectory: string,
  applications: number,
): Promise<{ readonly agent: ChildProcess; readonly firstLinesMs: number }> {
  for (const name of readdirSync(logDirectory)) rmSync(join(logDirectory, name));
  const startedAt = Date.now();
  const agent = spawn(program!, args, { stdio: 'ignore' });
  while (Date.now() - startedAt < startMsMax) {
    const firsts = readdirSync(logDirectory).map((name) => {
      const line = readFileSync(join(logDirectory, name), 'utf8')
        .split('\n')
        .find((one) => one.includes(' out '));
      return line === undefined ? Number.NaN : Date.parse(line.split(' ')[0]!) - startedAt;
    });
    const isComplete = firsts.length === applications && firsts.every((ms) => !Number.isNaN(ms));
    if (isComplete) return { agent, firstLinesMs: Math.max(...firsts) };
    await sleep(100);
  }
  return { agent, firstLinesMs: Number.POSITIVE_INFINITY };
}
