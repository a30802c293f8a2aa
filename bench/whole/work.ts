/** Codes or decodes one file in a process of its own: `encode FILE CODED` or `decode CODED FILE BYTES`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeWhole } from '../../artifact/delta/whole/decode.ts';
import { encodeWhole } from '../../artifact/delta/whole/encode.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';

const [task, from, to, size] = process.argv.slice(2) as [string, string, string, string?];
const file = readFileSync(from);
const work = unboundedWork();
const result = task === 'encode' ? encodeWhole(file) : decodeWhole(file, Number(size), work);
const { user, system } = process.cpuUsage();
// What resourceUsage tells is at least the size of the process that started this one.
const [, peak] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
writeFileSync(to, result);
const cost = { cpuMs: (user + system) / 1000, peakBytes: Number(peak) * 1024, units: work.spent };
process.stdout.write(JSON.stringify(cost));
