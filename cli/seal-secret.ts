/** Who a secret is sealed for, and the manifest that holds the copies. Pure. */
import { ephemeralKey } from '../artifact/seal/hpke.ts';
import { sealSecret } from '../artifact/seal/sealed-secret.ts';
import { FleetIndex } from '../controller/manifests/fleet-index.ts';
import { isManifestPath } from '../controller/manifests/manifest-path.ts';
import { parseManifestFile } from '../controller/manifests/parse-file.ts';
import type { Device, Fleet, Secret } from '../schemas/generated/types.ts';
import { keyFingerprint } from '../schemas/key-fingerprint.ts';
import { CommandError } from './command.ts';
import type { WorkingTree } from './working-tree.ts';

/** What of a repository decides for whom a secret is sealed. */
export interface SealingTree {
  readonly devices: ReadonlyMap<string, Device>;
  readonly fleets: ReadonlyMap<string, Fleet>;
  /** The manifests of secrets, with the files they lie in. */
  readonly secrets: ReadonlyMap<string, { readonly path: string; readonly isAlone: boolean; readonly secret: Secret }>;
}

/** Reads the manifests of a work tree, those that are right; validate tells of the others. */
export function readSealingTree(tree: WorkingTree): SealingTree {
  const found = { devices: new Map(), fleets: new Map(), secrets: new Map() };
  for (const [path, bytes] of tree) {
    if (!isManifestPath(path)) continue;
    const { manifests } = parseManifestFile(bytes);
    for (const { manifest } of manifests) {
      const { name } = manifest.metadata;
      if (manifest.kind === 'Device') found.devices.set(name, manifest);
      if (manifest.kind === 'Fleet') found.fleets.set(name, manifest);
      if (manifest.kind === 'Secret')
        found.secrets.set(name, { path, isAlone: manifests.length === 1, secret: manifest });
    }
  }
  return found;
}

/** The devices that are named and those of the fleets that are, sorted. Throws `CommandError` for a name that leads nowhere. */
export function recipients(
  { devices, fleets }: SealingTree,
  named: { readonly devices: readonly string[]; readonly fleets: readonly string[] },
): readonly Device[] {
  const chosen = new Set<string>();
  for (const name of named.devices) {
    if (!devices.has(name))
      throw new CommandError(`no manifest here is that of device ${name}, or it is wrong: fleet validate tells`);
    chosen.add(name);
  }
  for (const name of named.fleets) {
    const fleet = fleets.get(name);
    if (fleet === undefined)
      throw new CommandError(`no manifest here is that of fleet ${name}, or it is wrong: fleet validate tells`);
    const index = new FleetIndex([[name, fleet]]);
    for (const [device, { metadata }] of devices)
      if (index.selecting(metadata.labels ?? {}).length > 0) chosen.add(device);
  }
  return [...chosen].sort().map((name) => devices.get(name)!);
}

/** The manifest with a copy for each of the devices; copies of others stay as they were. Throws `CommandError` where a device has no key. */
export function sealedManifest(
  name: string,
  value: Uint8Array,
  devices: readonly Device[],
  before: Secret | undefined,
): Secret {
  const copies = devices.map(({ metadata, spec: { publicKey } }) => {
    const device = metadata.name;
    if (publicKey === undefined)
      throw new CommandError(
        `the manifest of device ${device} has no publicKey: run fleet agent enroll there and commit what it prints; nothing was sealed`,
      );
    const sealed = sealSecret({ name, value }, { device, publicKey }, ephemeralKey());
    if (sealed === undefined)
      throw new CommandError(`publicKey of device ${device} is no P-256 key; nothing was sealed`);
    return [device, { key: keyFingerprint(Buffer.from(publicKey, 'base64')), sealed }] as const;
  });
  const all = { ...before?.spec.copies, ...Object.fromEntries(copies) };
  const sorted = Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Secret',
    metadata: before?.metadata ?? { name },
    spec: { copies: Object.fromEntries(sorted) },
  };
}
