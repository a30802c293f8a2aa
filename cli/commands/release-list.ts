import { type ListedRelease, listReleases } from '../../controller/publishing/authoring/list-releases.ts';
import { type Command, CommandError, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { bytes } from '../render/quantities.ts';
import { table } from '../render/table.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';

/** A line a release. */
export function releaseTable(releases: readonly ListedRelease[], columns: number): string {
  if (releases.length === 0) return 'no releases; `fleet release add FILE --name N --version V` makes one\n';
  const rows = releases.map(({ name, version, length, sha256, kind, imports, present }) => [
    name,
    version,
    bytes(length),
    sha256.slice(0, 12),
    present ? kind : `${kind} (file missing)`,
    imports.join(','),
  ]);
  return table(['NAME', 'VERSION', 'SIZE', 'SHA256', 'KIND', 'IMPORTS'], rows, columns);
}

export const releaseListCommand: Command = {
  name: 'release list',
  summary: 'the releases that signed metadata names',
  arguments: '',
  options: {
    ...repositoryOption,
    output: { type: 'string', short: 'o', value: 'json', description: 'json for programs.' },
  },
  async run(context, args) {
    const { output } = args.values;
    if (output !== undefined && output !== 'json') throw new CommandError('-o takes json', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const releases = authored(() => listReleases(tree));
    const json = () => `${JSON.stringify(releases, undefined, 2)}\n`;
    context.stdout.write(output === 'json' ? json() : releaseTable(releases, cutWidth(context.stdout)));
    return exitCodes.ok;
  },
};
