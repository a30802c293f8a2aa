/**
 * Devices that come together, as with a first revision, each alone in its file: row n is the device `names.keys[n]` of the
 * file `paths[n]`. A hundred thousand of them are columns, and what a row comes to is made when somebody looks at it.
 */
import type { Device, Labels } from '../../schemas/generated/types.ts';
import { bareFingerprint } from '../../schemas/key-fingerprint.ts';
import type { FileChange } from './draft.ts';
import { KeyColumn } from './key-column.ts';
import { parseManifestFile } from './parse-file.ts';
import type { ParsedFile } from './parsed-file.ts';
import { pauseNow, type Steps } from './steps.ts';
import type { Rows } from './trie.ts';

/** Reads the file at a path again, and finds there what it found before. */
export type Reread = (path: string) => Uint8Array;

const noLabels: Readonly<Labels> = {};

const decoder = new TextDecoder();

/** The device of a file that holds nothing else, and nothing wrong. */
export function loneDevice(file: ParsedFile | undefined): Device | undefined {
  if (file === undefined || file.manifests.length !== 1 || file.broken.length + file.problems.length > 0)
    return undefined;
  const { document, manifest } = file.manifests[0]!;
  return document === 0 && manifest.kind === 'Device' ? manifest : undefined;
}

/** The fingerprint of a device as it is compared. */
export function fingerprintOf({ spec }: Device): string | undefined {
  return spec.keyFingerprint && bareFingerprint(spec.keyFingerprint);
}

export class DeviceSheet {
  readonly paths: string[] = [];
  readonly names = new KeyColumn();
  readonly labels: Readonly<Labels>[] = [];
  readonly sites: (string | undefined)[] = [];
  /** Of those that have one, as they are compared. */
  readonly fingerprints = new KeyColumn();
  /** Whose they are. */
  readonly fingerprintRows: number[] = [];
  readonly isIdle: boolean[] = [];
  readonly hasConfig: boolean[] = [];
  readonly #reread: Reread | undefined;
  /** Those that can't be read again. */
  readonly #held: Device[] = [];
  /** One text for all that name the same site. */
  readonly #siteNames = new Map<string, string>();

  constructor(reread?: Reread) {
    this.#reread = reread;
  }

  get size(): number {
    return this.names.keys.length;
  }

  /** Takes a file in as a row; false for one that holds something else than one device, or one that is pinned, of which there are few. */
  takes({ path, file }: FileChange): boolean {
    const device = loneDevice(file);
    if (device === undefined || device.spec.hold?.releases !== undefined) return false;
    const { metadata, spec } = device;
    const key = fingerprintOf(device);
    this.paths.push(path);
    this.labels.push(metadata.labels ?? noLabels);
    this.sites.push(this.#siteName(spec.site));
    if (key !== undefined) {
      this.fingerprints.add(key);
      this.fingerprintRows.push(this.size);
    }
    this.names.add(metadata.name);
    this.isIdle.push(spec.idle === true);
    this.hasConfig.push(spec.config !== undefined);
    if (this.#reread === undefined) this.#held.push(device);
    return true;
  }

  #siteName(site: string | undefined): string | undefined {
    const known = site && this.#siteNames.get(site);
    if (site !== undefined && known === undefined) this.#siteNames.set(site, site);
    return known ?? site;
  }

  /** The manifest of a row. */
  device(row: number): Device {
    return this.#held[row] ?? loneDevice(parseManifestFile(this.#reread!(this.paths[row]!)))!;
  }

  /** By name; what a manifest that is not held is made of is the text of its file. */
  devices(): Rows<Device> {
    const reread = this.#reread;
    const textAt = reread && ((row: number) => decoder.decode(reread(this.paths[row]!)));
    return this.names.rows((row) => this.device(row), textAt);
  }

  /** Whether no name and no key stands twice, here and among the devices of these files. */
  *isDistinctFrom(others: readonly FileChange[]): Steps<boolean> {
    const devices = others
      .flatMap(({ file }) => file?.manifests ?? [])
      .flatMap(({ manifest }) => (manifest.kind === 'Device' ? [manifest] : []));
    yield pauseNow;
    if (!this.names.isDistinctWith(devices.map(({ metadata }) => metadata.name))) return false;
    yield pauseNow;
    return this.fingerprints.isDistinctWith(devices.flatMap((device) => fingerprintOf(device) ?? []));
  }

  /** The files, as they were taken in. */
  files(): FileChange[] {
    return this.paths.map((path, row) => {
      const manifest = this.device(row);
      return { path, file: { manifests: [{ document: 0, manifest }], broken: [], problems: [] } };
    });
  }
}
