/** Applies one patch in a process of its own and prints what that took: CPU from its start on, and its largest size. */
import { readFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';

const [old, patch] = process.argv.slice(2).map((path) => readFileSync(path));
applyDelta(old!, patch!);
const { user, system } = process.cpuUsage();
process.stdout.write(
  JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: process.resourceUsage().maxRSS * 1024 }),
);
