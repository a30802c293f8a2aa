/** What a controller told earlier, from a file: for where it can't be asked. */
import { resolve } from 'node:path';
import { DiskError } from '../platform/ports.ts';
import type { StatusDocument } from '../schemas/generated/types.ts';
import { isStatusDocument } from '../schemas/generated/validators/status.js';
import { type CommandContext, CommandError } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { ShoreWord, ToldFleets } from './shore-word.ts';

/** That of a hundred thousand devices with what the controller keeps of them; as text it has to be one string. */
const statusBytesMax = 500 * 2 ** 20;

const madeBy = 'write what `fleet status -o json --rows` prints into it';

function refused(file: string, fault: string): CommandError {
  return new CommandError(`--status ${file}: ${fault}; ${madeBy}`, exitCodes.usage);
}

function textOf({ disk, directory }: CommandContext, file: string): string {
  const path = resolve(directory, file);
  const { kind, bytes } = disk.stat(path) ?? { kind: 'file', bytes: 0 };
  if (kind !== 'file') throw refused(file, 'it is no file');
  if (bytes > statusBytesMax) throw refused(file, `it has ${bytes} bytes, and ${statusBytesMax} are read at most`);
  try {
    return new TextDecoder().decode(disk.readFile(path));
  } catch (error) {
    if (error instanceof DiskError) throw refused(file, `it can't be read: ${error.message}`);
    throw error;
  }
}

function documentOf(file: string, text: string): StatusDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(file, `it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isStatusDocument(value)) return value;
  const fault = isStatusDocument.errors?.[0];
  throw refused(file, `it is no status: ${fault?.instancePath || 'the document'} ${fault?.message}`);
}

function toldOfFleets(file: string, told: StatusDocument, names: readonly string[]): ToldFleets {
  const { asOf, deploymentKey, rows } = told;
  if (rows === undefined) throw refused(file, 'it does not tell what the controller goes by');
  const fleets = new Set(names);
  const devices = told.devices.filter(({ fleet = '' }) => fleets.has(fleet));
  return { asOf, devices, rows, ...(deploymentKey !== undefined && { deploymentKey }) };
}

/** As of when it was told. Throws `CommandError`. */
export function toldInFile(context: CommandContext, file: string): ShoreWord {
  const told = documentOf(file, textOf(context, file));
  const byName = new Map(told.devices.map((device) => [device.name, device]));
  return {
    ...{ now: Date.parse(told.asOf), isLive: false },
    status: async () => told,
    devices: async (names) => names.flatMap((name) => byName.get(name) ?? []),
    fleets: async (names) => toldOfFleets(file, told, names),
  };
}
