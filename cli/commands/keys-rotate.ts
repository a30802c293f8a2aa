import {
  type RotatableRole,
  type Rotated,
  rotatableRoles,
  rotateKeys,
} from '../../controller/publishing/authoring/rotate-keys.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { announceOn, repositoryOf, repositoryOption } from '../repository.ts';
import { signing } from '../signing.ts';

const releasePrefix = 'release-';
const rotatable = `${rotatableRoles.join(', ')}, or ${releasePrefix}NAME for the release keys of an application`;

interface Asked {
  readonly roles: ReadonlySet<RotatableRole>;
  readonly applications: readonly string[];
}

function askedOf(names: readonly string[]): Asked {
  const known: readonly string[] = rotatableRoles;
  const isRelease = (name: string): boolean => name.startsWith(releasePrefix) && name.length > releasePrefix.length;
  const unknown = names.find((name) => !known.includes(name) && !isRelease(name));
  if (names.length === 0 || unknown !== undefined) {
    const said =
      unknown === undefined ? 'name what to rotate' : `there are no keys of ${JSON.stringify(unknown)} to rotate`;
    throw new CommandError(`${said}: ${rotatable}`, exitCodes.usage);
  }
  return {
    roles: new Set(names.filter((name) => known.includes(name)) as readonly RotatableRole[]),
    applications: [...new Set(names.filter(isRelease).map((name) => name.slice(releasePrefix.length)))],
  };
}

/** What was done, and what to do now, in words. */
export function rotationReport({ trustFiles, freshFiles, retiredFiles, signaturesMissing }: Rotated): string {
  const list = (files: readonly string[]) => files.map((file) => `  ${file}\n`).join('');
  const isOnline = freshFiles.some((file) => file.includes('/online/'));
  const missing = [...signaturesMissing].map(([role, count]) => `${count} of ${role}`).join(', ');
  const retired = `keys that count no more once this is committed; destroy them then:\n${list(retiredFiles)}`;
  return [
    `new keys, which git ignores:\n${list(freshFiles)}`,
    ...(retiredFiles.length === 0 ? [] : [retired]),
    signaturesMissing.size === 0
      ? `commit ${trustFiles.join(', ')}\n`
      : `more keys have to sign before this is committed, where they are: ${missing}. \`fleet release sign ${[...signaturesMissing.keys()].join(' ')}\` there\n`,
    ...(isOnline
      ? [
          'give the controller .fleet/keys/online and start it again; until it has these keys it refuses the commit and goes on as it is\n',
        ]
      : []),
  ].join('');
}

export const keysRotateCommand: Command = {
  name: 'keys rotate',
  summary: 'put new keys in the place of those on this machine; devices follow, also those that sleep',
  arguments: 'root | targets | snapshot | timestamp | deployment | release-NAME ...',
  options: repositoryOption,
  async run(context, args) {
    const asked = askedOf(args.positionals);
    const tree = repositoryOf(context, args);
    const { random, clock } = context;
    const rotated = await signing(context, tree, (known) =>
      rotateKeys(known, { random, now: clock.now(), ...asked, announce: announceOn(context) }),
    );
    context.stdout.write(rotationReport(rotated));
    return rotated.signaturesMissing.size === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
