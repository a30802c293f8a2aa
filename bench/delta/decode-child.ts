// One decoding in a process of its own: node decode-child.ts OLD PATCH MADE; prints CPU milliseconds and peak memory.
import { readFileSync, writeFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';

const [old, patch, made] = process.argv.slice(2) as [string, string, string];
writeFileSync(made, applyDelta(readFileSync(old), readFileSync(patch)));
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 }));
