/** The signed metadata that a controller has published, as the tree's own root lets it be judged. */

import { deploymentKeysPath } from '../artifact/trust/deployment-keys.ts';
import { TrustError } from '../artifact/trust/error.ts';
import { trustLimits } from '../artifact/trust/limits.ts';
import { findTarget } from '../artifact/trust/tuf/find-target.ts';
import { trustRoot } from '../artifact/trust/tuf/root.ts';
import { isCurrent, type TrustedMetadata, targetsPin } from '../artifact/trust/tuf/trusted.ts';
import {
  acceptWanted,
  nextWanted,
  type WantedFile,
  wantedRoot,
  wantedTimestamp,
} from '../artifact/trust/tuf/wanted.ts';
import { releaseNamesBytesMax, releaseNamesFile } from '../controller/publishing/release-names.ts';
import { travellingForm } from '../controller/publishing/travelling-form.ts';
import {
  deploymentKeysFile,
  roleFile,
  rootFile,
  signedFile,
  type TrustFiles,
  targetsFile,
} from '../controller/publishing/trust-files.ts';
import { sha256Hex } from '../schemas/sha256.ts';
import { NoController } from './announced-controller.ts';
import { type CommandContext, CommandError } from './command.ts';
import { type ControllerClient, openController } from './controller-client.ts';

/** What the controller published, or why a tree is judged without it. */
export interface PublishedTrust {
  readonly files: TrustFiles;
  /** Absent where no controller is configured, or it published nothing yet. */
  readonly unknownBecause?: string;
}

const nothing: TrustFiles = new Map();

/** Asks the controller, if there is one, for what it published. It never fails: without an answer a tree is judged by itself. */
export async function fetchPublishedTrust(context: CommandContext, tree: TrustFiles): Promise<PublishedTrust> {
  try {
    const client = await openController(context);
    const bornRoot = tree.get(rootFile(1));
    if (bornRoot === undefined) return { files: nothing };
    return { files: await fetchFiles(client, bornRoot, tree, context.clock.now()) };
  } catch (error) {
    if (error instanceof NoController) return { files: nothing };
    if (error instanceof CommandError) return { files: nothing, unknownBecause: error.message };
    if (!(error instanceof TrustError)) throw error;
    return { files: nothing, unknownBecause: `what the controller published is not to be trusted: ${error.message}` };
  }
}

async function fetchFiles(
  client: ControllerClient,
  bornRoot: Uint8Array,
  tree: TrustFiles,
  now: number,
): Promise<TrustFiles> {
  const files = new Map<string, Uint8Array>();
  let trusted = trustRoot(bornRoot);
  const take = async (wanted: WantedFile): Promise<boolean> => {
    const bytes =
      fileOfTree(tree, trusted, wanted) ?? (await fetchFile(client, `/tuf/${wanted.file}`, wanted.bytesMax));
    if (bytes === undefined) return false;
    trusted = acceptWanted(trusted, wanted, bytes, now);
    return true;
  };
  for (let count = 0; count < trustLimits.rootUpdatesMax && (await take(wantedRoot(trusted))); count++) {
    files.set(rootFile(trusted.root.signed.version), trusted.root.bytes);
  }
  if (!(await take(wantedTimestamp))) return nothing;
  for (let wanted = nextWanted(trusted, pathsOf(trusted)); wanted; wanted = nextWanted(trusted, pathsOf(trusted))) {
    if (!(await take(wanted))) throw new TrustError('METADATA_MISSING', `the controller has no ${wanted.file}`);
  }
  files.set(targetsFile, trusted.targets!.bytes);
  for (const [name, { bytes }] of trusted.roles) files.set(roleFile(name), bytes);
  const names = await fetchFile(client, `/tuf/${releaseNamesFile}`, releaseNamesBytesMax);
  if (names !== undefined) files.set(releaseNamesFile, names);
  const keys = findTarget(trusted, deploymentKeysPath);
  const bytes = keys && (await fetchFile(client, `/sha256/${keys.sha256}`, keys.length));
  if (bytes !== undefined && sha256Hex(bytes) === keys?.sha256) files.set(deploymentKeysFile, bytes);
  return files;
}

/** A path of every role that is delegated to and was published: to find them, all are fetched. */
function pathsOf(trusted: TrustedMetadata): string[] {
  const { targets } = trusted;
  if (!isCurrent(targets, targetsPin(trusted, 'targets'))) return [];
  const names = Object.keys(targets?.signed.delegations?.roles ?? {});
  return names.filter((name) => targetsPin(trusted, name) !== undefined).map((name) => `${name}/any.wasm`);
}

/** The tree's own file where it is the published one, so that a question costs what differs. */
function fileOfTree(tree: TrustFiles, trusted: TrustedMetadata, { role }: WantedFile): Uint8Array | undefined {
  const bytes = tree.get(signedFile(role));
  const pin = targetsPin(trusted, role);
  if (bytes === undefined || pin === undefined) return undefined;
  try {
    const form = travellingForm(bytes);
    return sha256Hex(form) === pin.sha256 ? form : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function fetchFile(client: ControllerClient, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const { status, bytes } = await client.ask({ method: 'GET', path, bytesMax });
  if (status === 200) return bytes;
  if (status === 404) return undefined;
  throw new CommandError(`the controller at ${client.controller} answers ${status} for ${path}`);
}
