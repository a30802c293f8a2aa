import { kernelText } from './kernel-text.ts';

/** A number that is another at each start of this machine; 0 where it does not say. */
export function machineBoot(): number {
  const id = kernelText('/proc/sys/kernel/random/boot_id').replaceAll('-', '');
  return /^[0-9a-f]{32}\s*$/.test(id) ? Number.parseInt(id.slice(0, 12), 16) : 0;
}
