/** What the delta commands share: files in and out, and faults as sentences with an exit code of their own. */
import { DeltaError, type DeltaErrorCode } from '../../artifact/delta/error.ts';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { DiskError } from '../../platform/ports.ts';
import { type CommandContext, CommandError } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { absolutePath } from '../repository.ts';

/** Reads a file that the user named. */
export function readInput(context: CommandContext, path: string): Uint8Array {
  return withDisk(`cannot read ${path}`, () => context.disk.readFile(absolutePath(context, path)));
}

/** Writes a file whole or not at all; what was there stays until then. */
export function writeOutput(context: CommandContext, path: string, bytes: Uint8Array): void {
  const { disk } = context;
  const target = absolutePath(context, path);
  const slash = target.lastIndexOf('/');
  const [directory, name] = [target.slice(0, slash) || '/', target.slice(slash + 1)];
  withDisk(`cannot write ${path}`, () => {
    if (disk.freeBytes(directory) < bytes.length) throw new DiskError('NO_SPACE', path, 'too little space is left');
    try {
      writeFileDurably(disk, directory, name, bytes);
    } catch (error) {
      // Half a file on a full disk would keep it full.
      disk.remove(`${target}.new`);
      throw error;
    }
  });
}

function withDisk<T>(tried: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const full = error.code === 'NO_SPACE';
    throw new CommandError(
      `${tried}: ${full ? 'the disk is full; nothing was changed' : error.message}`,
      full ? exitCodes.diskFull : exitCodes.failed,
    );
  }
}

const exitOf: Readonly<Record<DeltaErrorCode, ExitCode>> = {
  'wrong-base': exitCodes.wrongBase,
  'patch-corrupt': exitCodes.badPatch,
  'patch-unknown': exitCodes.badPatch,
  'wrong-result': exitCodes.badPatch,
  'over-limit': exitCodes.badPatch,
};

/** Runs something with a patch; a fault of the patch becomes a message and an exit code. */
export function withPatch<T>(tried: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    throw new CommandError(`${tried}: ${error.message} (${error.code})`, exitOf[error.code]);
  }
}
