/** The author's own optimizer, Binaryen's `wasm-opt`, over a module that is about to be released. */
import { releaseBytesMax } from '../controller/publishing/authoring/add-release.ts';
import { type CommandContext, CommandError } from './command.ts';

const program = 'wasm-opt';
/** For few bytes, which links carry, and with the names of functions, which are taken off later. */
const settings = ['-Oz', '-g', '-', '-o', '-'];
const optimizeMsMax = 10 * 60_000;

/** The module as it leaves the optimizer; whoever judges releases judges that. Throws `CommandError`. */
export async function optimized({ programs, clock, signal }: CommandContext, module: Uint8Array): Promise<Uint8Array> {
  const stop = new AbortController();
  using _timer = clock.after(optimizeMsMax, () => {
    stop.abort(
      new CommandError(`${program} did not end within ${optimizeMsMax / 60_000} minutes; add it without --optimize`),
    );
  });
  const { code, output, complaint } = await programs.run(program, settings, {
    ...{ input: module, outputBytesMax: releaseBytesMax, signal: AbortSignal.any([signal, stop.signal]) },
  });
  if (code === 0) return output;
  const isMissing = code === undefined && complaint.includes('ENOENT');
  const why = isMissing ? 'it is not on PATH' : complaint.slice(-400) || `it ended with ${code}`;
  const next = isMissing ? 'install it (Debian: apt install binaryen), or add the release' : 'add the release';
  throw new CommandError(`${program} optimized nothing: ${why}; ${next} without --optimize. Nothing was added`);
}
