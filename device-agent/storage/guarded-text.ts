/**
 * A small text of which one file may rot: `NAME` holds it as it is, for other programs to read, and `NAME.copy` once more
 * behind a line with its SHA-256 in hexadecimal.
 */

import { writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk } from '../../platform/ports.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { mendIfPossible } from './mend.ts';
import { readSmallFile } from './small-file.ts';
import { readIfPossible } from './unreadable.ts';

const bytesMax = 64 * 1024;

function digestOf(text: string): string {
  return sha256Hex(text);
}

function copyOf(text: string): string {
  return `${digestOf(text)}\n${text}`;
}

function read(disk: Disk, path: string): string | undefined {
  const bytes = readSmallFile(disk, path, bytesMax);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** Durable in both files when it returns. */
export function writeGuardedText(disk: Disk, directory: string, name: string, text: string): void {
  const encoder = new TextEncoder();
  writeFileDurably(disk, directory, name, encoder.encode(text));
  writeFileDurably(disk, directory, `${name}.copy`, encoder.encode(copyOf(text)));
}

/**
 * The text that two of digest, file and copy agree on; both files are whole again then. Undefined when there is none; throws
 * when one that can't be read now may hold it.
 */
export function readGuardedText(disk: Disk, directory: string, name: string): string | undefined {
  const names = [`${directory}/${name}`, `${directory}/${name}.copy`] as const;
  const [plain, copy] = names.map((path) => readIfPossible(() => read(disk, path)));
  const end = copy?.indexOf('\n') ?? 0;
  const digest = copy?.slice(0, end);
  const copied = copy?.slice(end + 1);
  const isPlainWhole = plain !== undefined && (copy === undefined || plain === copied || digestOf(plain) === digest);
  const isCopyWhole = copied !== undefined && digestOf(copied) === digest;
  const whole = isPlainWhole ? plain : isCopyWhole ? copied : undefined;
  if (whole === undefined) for (const path of names) read(disk, path);
  if (whole === undefined || (plain === whole && copy === copyOf(whole))) return whole;
  mendIfPossible(() => writeGuardedText(disk, directory, name, whole));
  return whole;
}
