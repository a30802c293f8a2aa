/** The options of `fleet run`, read and bounded. */
import { posix } from 'node:path';
import type { DirectoryRequest, RunRequest } from '../device-agent/runtime/run/request.ts';
import { CommandError, type ParsedArguments } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const pageBytes = 65_536;
/** What a 32-bit memory can have. */
const memoryPagesMax = 65_536;
/** Without --memory: what the largest module may start with. */
const memoryPagesDefault = 16_384;

const byteUnits: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function usage(option: string, text: string, rule: string): CommandError {
  return new CommandError(`--${option} ${text}: ${rule}\nTry: fleet run --help`, exitCodes.usage);
}

/** A number with a unit, in the smallest unit. */
function quantity(option: string, text: string, units: Readonly<Record<string, number>>, example: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (digits === undefined || factor === undefined) throw usage(option, text, `it must be such as ${example}`);
  return Number(digits) * factor;
}

function pagesOf(text: string): number {
  const pages = Math.floor(quantity('memory', text, byteUnits, '16MiB, 512KiB or a number of bytes') / pageBytes);
  if (pages < 1 || pages > memoryPagesMax) throw usage('memory', text, 'it must be between 64KiB and 4GiB');
  return pages;
}

function fuelOf(text: string): number {
  const fuel = Number(text.replaceAll('_', ''));
  if (Number.isSafeInteger(fuel) && fuel > 0) return fuel;
  throw usage('fuel', text, 'it must be a whole number of units above zero');
}

function directoryOf(text: string, from: string): DirectoryRequest {
  const isWritable = !text.endsWith(':ro');
  const [hostPath, guestPath = hostPath, ...rest] = (isWritable ? text : text.slice(0, -3)).split('::');
  if (!hostPath || !guestPath || rest.length > 0) throw usage('dir', text, 'it must be HOST::GUEST or HOST::GUEST:ro');
  return { hostPath: posix.resolve(from, hostPath), guestPath, isWritable };
}

function variableOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usage('env', text, 'it must be NAME=VALUE');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What is asked of the process that runs the program; relative paths start at `from`. */
export function requestOf(from: string, { positionals, values, lists }: ParsedArguments): RunRequest {
  const [file, ...args] = positionals;
  if (file === undefined) throw new CommandError('run takes FILE.wasm [ARGS]\nTry: fleet run --help', exitCodes.usage);
  const { stdin, fuel, memory, invoke } = values;
  return {
    modulePath: posix.resolve(from, file),
    args: [posix.basename(file), ...args],
    environment: Object.fromEntries((lists.env ?? []).map(variableOf)),
    directories: (lists.dir ?? []).map((text) => directoryOf(text, from)),
    ...(stdin === undefined ? {} : { stdinPath: posix.resolve(from, stdin) }),
    ...(fuel === undefined ? {} : { fuelMax: fuelOf(fuel) }),
    memoryPagesMax: memory === undefined ? memoryPagesDefault : pagesOf(memory),
    ...(invoke === undefined ? {} : { invoke }),
  };
}

/** Milliseconds after which the program is ended; undefined where nobody set a limit. */
export function timeLimitOf({ values }: ParsedArguments): number | undefined {
  const text = values['time-limit'];
  return text === undefined ? undefined : quantity('time-limit', text, timeUnits, '10s, 500ms or 2m');
}
