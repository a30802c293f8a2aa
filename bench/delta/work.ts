/** Makes or applies one patch in a process of its own: `encode OLD NEW PATCH EFFORT` or `decode OLD PATCH RESULT`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';
import { type DeltaEffort, encodeDelta } from '../../artifact/delta/encode.ts';

const [task, from, by, to, effort] = process.argv.slice(2) as [string, string, string, string, string?];
const [old, other] = [readFileSync(from), readFileSync(by)];
const result = task === 'encode' ? encodeDelta(old, other, { effort: effort as DeltaEffort }) : applyDelta(old, other);
const { user, system } = process.cpuUsage();
// What resourceUsage tells is at least the size of the process that started this one.
const [, peak] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
writeFileSync(to, result);
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: Number(peak) * 1024 }));
