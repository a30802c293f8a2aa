import { keptSymbols } from '../../controller/publishing/authoring/beside-release.ts';
import { withNames } from '../../controller/publishing/authoring/symbols.ts';
import { parseTargetPath } from '../../controller/publishing/release-path.ts';
import { printableLines } from '../../platform/printable.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';

const traceBytesMax = 4 * 1024 * 1024;

export const releaseSymbolsCommand: Command = {
  name: 'release symbols',
  summary: 'put the names of functions into a trace on the standard input, for a release whose names do not travel',
  arguments: 'NAME/VERSION < TRACE',
  options: repositoryOption,
  async run(context, args) {
    const [title, ...rest] = args.positionals;
    const release = title === undefined ? undefined : parseTargetPath(`${title}.wasm`);
    if (release === undefined || rest.length > 0)
      throw new CommandError('release symbols takes NAME/VERSION, and a trace on its standard input', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const symbols = authored(() => keptSymbols(tree, release));
    if (symbols === undefined)
      throw new CommandError(
        `nothing is kept of the names of ${title}: it had none, they travel with it, or it is no release here`,
      );
    const trace = await context.readInput(traceBytesMax);
    if (trace.length > traceBytesMax) throw new CommandError(`a trace has at most ${traceBytesMax} bytes`);
    context.stdout.write(printableLines(withNames(new TextDecoder().decode(trace), symbols)));
    return exitCodes.ok;
  },
};
