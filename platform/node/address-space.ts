import { readFileSync } from 'node:fs';
import { processLimits } from './process-limits.ts';

/** Below this, memories that each reserve eight gigabytes of addresses are soon too many. */
const plentyBytes = 2 ** 42;

/** The addresses a process of this machine may have, in bytes; unlimited where the machine does not say. */
function addressBytes(): number {
  try {
    // The stack lies at the top: where that is tells how many bits an address has, 39 on many small devices.
    const stackEnd = /^[0-9a-f]+-([0-9a-f]+) .*\[stack\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
    const top = stackEnd === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(stackEnd, 16);
    return Math.min(processLimits().addressBytes, top);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether addresses are so few here that they must be spared. */
export function hasFewAddresses(): boolean {
  return addressBytes() < plentyBytes;
}
