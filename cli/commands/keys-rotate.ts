import {
  type RotatableRole,
  type Rotated,
  rotatableRoles,
  rotateKeys,
} from '../../controller/publishing/authoring/rotate-keys.ts';
import { type Command, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { announceOn, authored, repositoryOf, repositoryOption } from '../repository.ts';

function rolesOf(names: readonly string[]): ReadonlySet<RotatableRole> {
  const known: readonly string[] = rotatableRoles;
  const unknown = names.find((name) => !known.includes(name));
  if (names.length === 0 || unknown !== undefined) {
    const said =
      unknown === undefined ? 'name what to rotate' : `there are no keys of ${JSON.stringify(unknown)} to rotate`;
    throw new CommandError(`${said}: ${known.join(', ')}`, exitCodes.usage);
  }
  return new Set(names as readonly RotatableRole[]);
}

/** What was done, and what to do now, in words. */
export function rotationReport({ trustFiles, freshFiles, retiredFiles, signaturesMissing }: Rotated): string {
  const list = (files: readonly string[]) => files.map((file) => `  ${file}\n`).join('');
  const isOnline = freshFiles.some((file) => file.includes('/online/'));
  return [
    `new keys, which git ignores:\n${list(freshFiles)}`,
    `keys that count no more once this is committed; destroy them then:\n${list(retiredFiles)}`,
    ...(signaturesMissing === 0
      ? [`commit ${trustFiles.join(', ')}\n`]
      : [
          `${signaturesMissing} more root keys have to sign, where they are, before this is committed: \`fleet release sign root\`\n`,
        ]),
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
  arguments: 'root | targets | snapshot | timestamp | deployment ...',
  options: repositoryOption,
  async run(context, args) {
    const roles = rolesOf(args.positionals);
    const tree = repositoryOf(context, args);
    const { random, clock } = context;
    const rotated = authored(() =>
      rotateKeys(tree, { random, now: clock.now(), roles, announce: announceOn(context) }),
    );
    context.stdout.write(rotationReport(rotated));
    return rotated.signaturesMissing === 0 ? exitCodes.ok : exitCodes.failed;
  },
};
