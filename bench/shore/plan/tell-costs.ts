/** Loaded before a program: when that ends, tells on descriptor 3 what it took, the programs that it ran included. */
import { readFileSync, writeSync } from 'node:fs';

/** A kernel tick as `/proc` counts it. */
const tickSeconds = 0.01;

/** What one run took. */
export interface RunCosts {
  readonly cpuS: number;
  readonly peakMb: number;
}

process.on('exit', () => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0);
  const costs: RunCosts = { cpuS: ticks * tickSeconds, peakMb: process.resourceUsage().maxRSS / 1024 };
  writeSync(3, JSON.stringify(costs));
});
