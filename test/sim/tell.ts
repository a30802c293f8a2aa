/** What a run of the simulation comes to, in lines; whatever ends one badly is followed by the command that replays it. */
import { parseArgs } from 'node:util';
import type { RunOptions, RunResult } from './run.ts';

/** What the command line asks for. */
export interface SimArguments extends RunOptions {
  readonly trace: boolean;
}

const usage = 'npm run sim -- [--seed N] [--devices N] [--days N] [--trace]';

function numberOf(name: string, text: string | undefined, otherwise: number, least: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (text?.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} ${text}: write a whole number from ${least} on`);
  return value;
}

/** Reads the arguments. Throws with one line that says how to write them. */
export function readSimArguments(args: readonly string[]): SimArguments {
  const text = { type: 'string' } as const;
  const options = { seed: text, devices: text, days: text, trace: { type: 'boolean' } } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    return {
      seed: numberOf('seed', values.seed, 1, 0),
      devices: numberOf('devices', values.devices, 50, 1),
      days: numberOf('days', values.days, 30, 1),
      trace: values.trace === true,
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`);
  }
}

/** The command that lives the same run again. */
export function replayLine({ seed, devices, days }: RunOptions): string {
  return `Replay: npm run sim -- --seed ${seed} --devices ${devices} --days ${days}`;
}

/** The result for people. */
export function tellResult(options: SimArguments, { summary, digest, end, violation }: RunResult): string[] {
  const { virtualDays, commits, deployments, reboots, startsTold, controllerStarts, hostEnds, lies } = summary;
  const { bytesDown, renewals, convergedMs } = summary;
  const megabytes = (bytesDown / 1e6).toFixed(1);
  return [
    ...(options.trace ? end : []),
    `${virtualDays.toFixed(1)} days, ${commits} commits, ${deployments} deployments, ${megabytes} MB down`,
    `${reboots} starts of agents, what came before ${startsTold} of them told, ${controllerStarts} of the controller, ${hostEnds} ends of app hosts, ${renewals} certificates renewed, ${lies} lies`,
    ...(convergedMs === undefined
      ? []
      : [`all as git wants it ${convergedMs / 60_000} minutes after the faults ended`]),
    `trace ${digest.slice(0, 16)}`,
    ...(violation === undefined ? [] : ['', violation, '', replayLine(options)]),
  ];
}

/** An error that is no sentence of the checkers: a fault of the program under simulation, or of the simulation. */
export function tellCrash(options: RunOptions, error: unknown): string[] {
  return ['', error instanceof Error ? (error.stack ?? error.message) : String(error), '', replayLine(options)];
}
