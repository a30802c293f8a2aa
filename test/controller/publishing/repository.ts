/** A fleet repository on a simulated disk, with keys and releases, and the controller's side beside it. */

import { addRelease } from '../../../controller/publishing/authoring/add-release.ts';
import { readControllerKeys } from '../../../controller/publishing/authoring/key-files.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import type { WorkTree } from '../../../controller/publishing/authoring/work-tree.ts';
import { readTrustFiles } from '../../../controller/publishing/authoring/work-tree.ts';
import { DirectoryFiles } from '../../../controller/publishing/files/directory-files.ts';
import type { OnlineMemory } from '../../../controller/publishing/online-memory.ts';
import { OnlineMetadata } from '../../../controller/publishing/online-metadata.ts';
import { type VerifiedTrust, verifyTrust } from '../../../controller/publishing/verify-trust.ts';
import type { Disk, Log } from '../../../platform/ports.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { buildModule } from '../../device-agent/runtime/module-builder.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

export const now = Date.parse('2026-06-01T00:00:00Z');
export const hourMs = 60 * 60 * 1000;
export const weekMs = 168 * hourMs;

const runnable = buildModule({ functions: { _start: [] } });

/** A module of its own for every number: one that does nothing, with a custom section. */
export function moduleOf(number: number, padding = 0): Uint8Array {
  const content = [...Buffer.from(`n${number}`), ...Array<number>(padding).fill(0)];
  const payload = [1, 0x78, ...content];
  const size = [(payload.length & 127) | 128, payload.length >> 7];
  return Uint8Array.from([...runnable, 0, ...size, ...payload]);
}

export function newTree(seed = 1): WorkTree & { readonly disk: SimDisk } {
  const disk = new SimDisk();
  disk.makeDirectory('/fleet');
  const tree = { disk, directory: '/fleet' };
  makeTrust(tree, { random: new SimRandom(seed), now });
  return tree;
}

export function release(tree: WorkTree, name: string, version: string, bytes: Uint8Array, at = now) {
  return addRelease(tree, { name, version, bytes, file: 'app.wasm', random: new SimRandom(77), now: at });
}

export function trustOf(tree: WorkTree): VerifiedTrust {
  const verified = verifyTrust(readTrustFiles(tree));
  if ('problems' in verified) throw new Error(JSON.stringify(verified.problems));
  return verified.trust;
}

/** What a controller remembers besides what it published. */
export function newMemory(): OnlineMemory & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    read: async (name) => texts.get(name),
    write: async (name, text) => {
      texts.set(name, text);
    },
  };
}

/** Of the controller that publishes on a disk. */
const memories = new WeakMap<Disk, OnlineMemory>();

const tales = new WeakMap<Disk, string[]>();

/** What starts of the controller that publishes on a disk told. */
export function toldOf(disk: Disk): string[] {
  const told = tales.get(disk) ?? [];
  tales.set(disk, told);
  return told;
}

/** What the controller that publishes on a disk remembers. */
export function memoryOf(disk: Disk): OnlineMemory {
  return memories.get(disk) ?? newMemory();
}

/** A start of the controller that publishes on a disk; it remembers what it signed there, unless told otherwise. */
export function onlineOf(tree: WorkTree, disk: Disk, memory = memoryOf(disk)): OnlineMetadata {
  memories.set(disk, memory);
  const keys = readControllerKeys(tree.disk, '/fleet/.fleet/keys/online');
  const log: Log = { write: (_level, event, fields) => toldOf(disk).push(`${event}: ${fields?.reason}`) };
  const files = new DirectoryFiles(disk, '/state/artifacts');
  return new OnlineMetadata({ files, keys, memory, log, timestampLifetimeMs: weekMs });
}
