import { deploymentKeysPath, writeDeploymentKeys } from '../../../artifact/trust/deployment-keys.ts';
import { trustLimits } from '../../../artifact/trust/limits.ts';
import type { Random } from '../../../platform/ports.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { lifetimesDays } from '../lifetimes.ts';
import { deploymentKeysFile, rootFile, targetsFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { keyFile, readOrMakeKey } from './key-files.ts';
import { hasTrustedRoot, rememberSigned } from './standing.ts';
import { listWorkFolder, readWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';
import { expiryAfter, metadataFile, rootOf, targetsOf } from './write-metadata.ts';

export interface MakeTrustOptions {
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** 1 unless told otherwise. */
  readonly rootKeys?: number;
  /** How many root keys must sign a root; 1 unless told otherwise. */
  readonly rootThreshold?: number;
}

/** What `makeTrust` made: paths from the top of the repository. */
export interface MadeTrust {
  readonly keyFiles: readonly string[];
  readonly trustFiles: readonly string[];
}

const ignoredFolder = '/.fleet/';

/** Makes the keys and the first root and targets metadata of a repository that has none. */
export function makeTrust(tree: WorkTree, options: MakeTrustOptions): MadeTrust {
  const { random, now, rootKeys = 1, rootThreshold = 1 } = options;
  if (readWorkFile(tree, rootFile(1)) !== undefined) {
    throw new AuthoringError('TRUST_EXISTS', `${rootFile(1)} exists: devices that trust it would refuse another`);
  }
  if (hasTrustedRoot(tree) || listWorkFolder(tree, 'trust/roles').length > 0) {
    const message = `${rootFile(1)} is gone, and there was one: devices that trust it would refuse another. No key was made. Restore trust/ with git; for another fleet, go to another directory`;
    throw new AuthoringError('TRUST_EXISTS', message);
  }
  if (!(rootThreshold >= 1 && rootThreshold <= rootKeys && rootKeys <= trustLimits.signaturesMax)) {
    const most = trustLimits.signaturesMax;
    throw new RangeError(`1 to ${most} root keys, of which at least 1 and at most all must sign`);
  }
  // Before any key exists: a key that was committed once is public for ever.
  ignoreKeys(tree);
  const rootNames = Array.from({ length: rootKeys }, (_, index) => (index === 0 ? 'root' : `root-${index + 1}`));
  const make = (name: string) => readOrMakeKey(tree, random, name);
  const roots = rootNames.map(make);
  const [targets, snapshot, timestamp, deployment] = ['targets', 'snapshot', 'timestamp', 'deployment'].map(make);
  const one = (key: typeof targets) => ({ keys: [key!.publicKey], threshold: 1 });
  const root = rootOf(
    {
      root: { keys: roots.map(({ publicKey }) => publicKey), threshold: rootThreshold },
      targets: one(targets),
      snapshot: one(snapshot),
      timestamp: one(timestamp),
    },
    1,
    expiryAfter(now, lifetimesDays.root),
  );
  const deploymentKeys = writeDeploymentKeys([deployment!.publicKey]);
  const target = { length: deploymentKeys.length, hashes: { sha256: sha256Hex(deploymentKeys) } };
  const signed = targetsOf({
    version: 1,
    expires: expiryAfter(now, lifetimesDays.targets),
    targets: { [deploymentKeysPath]: target },
    delegations: { keys: {}, roles: [] },
  });
  writeWorkFile(tree, deploymentKeysFile, deploymentKeys);
  writeWorkFile(tree, targetsFile, metadataFile(signed, [targets!]));
  // The root last: its presence says that everything is there.
  writeWorkFile(tree, rootFile(1), metadataFile(root, roots));
  rememberSigned(tree, () => {});
  return {
    keyFiles: [...rootNames, 'targets', 'snapshot', 'timestamp', 'deployment'].map(keyFile),
    trustFiles: [rootFile(1), targetsFile, deploymentKeysFile],
  };
}

function ignoreKeys(tree: WorkTree): void {
  const text = new TextDecoder().decode(readWorkFile(tree, '.gitignore') ?? new Uint8Array());
  if (text.split('\n').some((line) => line.trim() === ignoredFolder)) return;
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  writeWorkFile(tree, '.gitignore', new TextEncoder().encode(`${text}${separator}${ignoredFolder}\n`));
}
