/** What every command that signs goes through: the keys it signs with are this machine's own, and what it refuses is said in a line. */
import { TrustError } from '../artifact/trust/error.ts';
import type { WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import { runOffline } from '../controller/source/git-program.ts';
import { printable } from '../platform/printable.ts';
import { type CommandContext, CommandError } from './command.ts';
import { knownElsewhere } from './known-trust.ts';
import { authored } from './repository.ts';

/** Where keys lie, and what tells them whose fleet they sign for. */
const privateFolder = '.fleet';

const listedBytesMax = 1024 * 1024;

/** The first file that git has of it, at HEAD or staged; undefined where there are none, or no git to ask. */
async function trackedFile({ programs, signal }: CommandContext, directory: string): Promise<string | undefined> {
  const list = ['-C', directory, 'ls-files', '-z', '--', privateFolder];
  const { code, output } = await runOffline(programs, list, { outputBytesMax: listedBytesMax, signal });
  const [first] = new TextDecoder().decode(output).split('\0');
  return code === 0 && first !== '' ? first : undefined;
}

/** What lies in `trust/` and can't even be read is no ground to sign on. */
function verified<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    const message = printable(error.message);
    throw new CommandError(`${message}. Nothing was signed: restore trust/ with git (TRUST_${error.code})`);
  }
}

/**
 * Runs what signs. Git ignores the folder of the keys, and so writes over it without a word where a commit brings files of that name:
 * while one does, nothing that lies there is what was put there. What is signed stands on the newest that is known.
 */
export async function signing<T>(context: CommandContext, tree: WorkTree, act: (tree: WorkTree) => T): Promise<T> {
  const file = await trackedFile(context, tree.directory);
  if (file === undefined) {
    const known = await knownElsewhere(context, tree);
    return authored(() => verified(() => act({ ...tree, known })));
  }
  const message = `git has ${file}: a commit brought it, and may have put other keys, or another root, in the place of yours. Nothing was signed. Have it taken out of the branch (git rm --cached -r ${privateFolder}), put ${privateFolder}/keys back from your copy, and rotate each private key that was committed: it is public`;
  throw new CommandError(`${message} (KEYS_IN_GIT)`);
}
