// One decoding in a process of its own: node decode-child.ts OLD PATCH MADE; prints CPU milliseconds and peak memory.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';

const [old, patch, made] = process.argv.slice(2) as [string, string, string];
writeFileSync(made, applyDelta(readFileSync(old), readFileSync(patch)));
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
// What the parent had at the fork counts in maxRSS; the kernel's own mark starts at the exec.
const mark = existsSync('/proc/self/status')
  ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  : maxRSS;
process.stdout.write(JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: mark / 1024 }));
