/** Signed metadata that is known besides that of a work tree: what a signature stands on is held against it. */
import { dirname } from 'node:path';
import { type KnownTrust, readTrustFiles, type WorkTree } from '../controller/publishing/authoring/work-tree.ts';
import { roleFile, targetsFile } from '../controller/publishing/trust-files.ts';
import { runOffline } from '../controller/source/git-program.ts';
import { askingFor, printedContents } from '../controller/source/printed-objects.ts';
import { printable } from '../platform/printable.ts';
import type { CommandContext } from './command.ts';
import { fetchPublishedTrust } from './published-trust.ts';

/** Commits that changed signed metadata, the newest; and of what they brought. */
const commitsMax = 1_000;
const listedBytesMax = 4 * 1024 * 1024;
const contentBytesMax = 128 * 1024 * 1024;

/** What a controller published, where one answers, and what the commits behind HEAD brought. */
export async function knownElsewhere(context: CommandContext, tree: WorkTree): Promise<readonly KnownTrust[]> {
  const files = readTrustFiles(tree);
  const published = await fetchPublishedTrust(context, files);
  if (published.unknownBecause !== undefined) {
    const why = printable(published.unknownBecause);
    context.stderr.write(
      `note: what is published is not known (${why}); what is signed stands on git's history alone\n`,
    );
  }
  const where = 'the controller published it';
  return [{ where, files: published.files }, ...(await knownToHistory(context, tree.directory))];
}

/** Each state of a file by itself: which of them verify is for whoever asks to judge. */
async function knownToHistory({ programs, signal }: CommandContext, directory: string): Promise<KnownTrust[]> {
  const paths = [targetsFile, dirname(roleFile('any'))];
  const raw = ['--raw', '-z', '--no-abbrev', '--no-renames', '-m', '--format='];
  const log = ['log', `--max-count=${commitsMax}`, ...raw, 'HEAD', '--', ...paths];
  const at = ['-C', directory];
  const { code, output } = await runOffline(programs, [...at, ...log], { outputBytesMax: listedBytesMax, signal });
  if (code !== 0) return [];
  const pathsByBlob = blobsIn(new TextDecoder().decode(output));
  const oids = [...pathsByBlob.keys()];
  const options = { outputBytesMax: contentBytesMax, input: askingFor(oids), signal };
  const read = await runOffline(programs, [...at, 'cat-file', '--batch'], options);
  if (read.code !== 0) return [];
  return Array.from(printedContents(read.output, oids), ([oid, bytes]) => {
    return { where: "it is in git's history", files: new Map([[pathsByBlob.get(oid)!, bytes]]) };
  });
}

/**
 * `:MODE MODE OID OID STATUS NUL PATH NUL` for each change: the blobs that came, and where. Whatever else somebody's settings have a
 * log say, of signatures for one, is passed over.
 */
function blobsIn(text: string): ReadonlyMap<string, string> {
  const changes = text.matchAll(/:\d{6} 100\d{3} [0-9a-f]{40} ([0-9a-f]{40}) [AM]\0([^\0]+)\0/g);
  return new Map(Array.from(changes, ([, oid, path]) => [oid!, path!]));
}
