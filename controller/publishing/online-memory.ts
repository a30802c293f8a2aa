/**
 * What the controller signed by itself last, remembered beside its state: whoever can write where it publishes can put back what
 * was signed long ago, take it away, or put something else in its place.
 */
import type { Pin } from '../../artifact/trust/tuf/trusted.ts';
import { isObject } from '../../schemas/json-object.ts';

/** By the names of files without their versions: `targets.json` and those of roles. */
export type Pins = ReadonlyMap<string, Pin>;

/** Whether these are the same files. */
export function samePins(one: Pins, other: Pins): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([file, pin]) => other.get(file)?.sha256 === pin.sha256);
}

/** The newest of each kind that devices may have seen. */
export interface SignedOnline {
  readonly timestamp: { readonly version: number; readonly sha256: string };
  readonly snapshotVersion: number;
  /** What that snapshot names. */
  readonly pins: Pins;
  /** SHA-256 of each root that was published, by its version. */
  readonly roots: ReadonlyMap<number, string>;
}

/** Before anything was. */
export const nothingSigned: SignedOnline = {
  timestamp: { version: 0, sha256: '' },
  snapshotVersion: 0,
  pins: new Map(),
  roots: new Map(),
};

/** Texts by name, kept apart from what is published. Neither method rejects: what can't be kept is told, and may be missing later. */
export interface OnlineMemory {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
}

/** Versions beyond leave too little room for those after them. */
const versionMax = 2 ** 52;

const digest = /^[0-9a-f]{64}$/;

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= versionMax;
}

function isSigned(value: unknown): value is { readonly version: number; readonly sha256: string } {
  return isObject(value) && isVersion(value.version) && typeof value.sha256 === 'string' && digest.test(value.sha256);
}

function isPin(value: unknown): value is Pin {
  return isSigned(value) && isVersion((value as unknown as Pin).length);
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

/** Undefined for what is no such text. */
export function readSignedOnline(text: string): SignedOnline | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || !isSigned(value.timestamp) || !isVersion(value.snapshotVersion)) return undefined;
    const pins = entriesOf(value.pins).filter((entry): entry is [string, Pin] => isPin(entry[1]));
    const roots = entriesOf(value.roots).filter((entry): entry is [string, string] => digest.test(String(entry[1])));
    const { timestamp, snapshotVersion } = value;
    return {
      ...{ timestamp, snapshotVersion, pins: new Map(pins) },
      roots: new Map(roots.map(([version, sha256]) => [Number(version), sha256])),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The opposite of `readSignedOnline`. */
export function writeSignedOnline({ pins, roots, ...signed }: SignedOnline): string {
  return JSON.stringify({ ...signed, pins: Object.fromEntries(pins), roots: Object.fromEntries(roots) });
}

/** Whether a version that somebody brings leaves room for others after it. */
export function leavesRoom(version: number): boolean {
  return version <= versionMax;
}
