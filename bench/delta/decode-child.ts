/** Applies one patch in a process of its own and prints what that took: CPU from its start on, and its largest size. */
import { readFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';

const [old, patch] = process.argv.slice(2).map((path) => readFileSync(path));
applyDelta(old!, patch!);
const { user, system } = process.cpuUsage();
// What resourceUsage tells is at least the size of the process that started this one.
const [, peak] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: Number(peak) * 1024 }));
