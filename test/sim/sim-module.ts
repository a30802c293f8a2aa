/** Small modules for the simulated world that could run: they do nothing, and have two custom sections, one with a text that tells what they do, one of noise. */

import type { SimRandom } from '../../platform/simulated/random.ts';
import { buildModule } from '../device-agent/runtime/module-builder.ts';

function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function customSection(name: string, payload: Uint8Array): Uint8Array {
  const label = new TextEncoder().encode(name);
  const head = [...unsigned(label.length), ...label];
  return Buffer.concat([Uint8Array.from([0, ...unsigned(head.length + payload.length), ...head]), payload]);
}

/** A module that says `text`, a little larger than `bytes`. */
export function simModule(text: string, bytes: number, random: SimRandom): Uint8Array {
  const says = customSection('says', new TextEncoder().encode(text));
  // Half of it repeats, so that compressing pays.
  const noise = random.bytes(Math.ceil(bytes / 2));
  return new Uint8Array(
    Buffer.concat([
      buildModule({ functions: { _start: [] } }),
      says,
      customSection('noise', Buffer.concat([noise, noise])),
    ]),
  );
}
