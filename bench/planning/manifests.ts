/** A fleet repository as parsed files: devices by the thousand in fleets whose changes roll out in waves. */
import type { Catalogue } from '../../controller/manifests/desired.ts';
import type { FileChange } from '../../controller/manifests/draft.ts';
import { parseManifestFile } from '../../controller/manifests/parse-file.ts';
import { sha256Hex } from '../../schemas/sha256.ts';

/** How many devices in how many fleets. */
export interface Size {
  readonly devices: number;
  readonly fleets: number;
}

const rollout = `
  rollout:
    waves:
      - { name: canary, limit: 1%, soak: 10m }
      - { name: rest }
    budget: { groupBy: site, maxUnavailable: 1 }
`;

function file(path: string, kind: string, name: string, rest: string): FileChange {
  const text = `apiVersion: fleet/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${rest}`;
  return { path, file: parseManifestFile(new TextEncoder().encode(text)) };
}

/** A device by its number. */
export function deviceName(at: number): string {
  return `device-${String(at).padStart(6, '0')}`;
}

/** Its file; `depth` is what its own configuration says. */
export function deviceFile({ fleets }: Size, at: number, depth = 1): FileChange {
  const name = deviceName(at);
  const key = `SHA256:${Buffer.from(sha256Hex(name), 'hex').toString('base64').replace(/=+$/, '')}`;
  const spec = `spec:\n  site: site-${at % 500}\n  keyFingerprint: ${key}\n  config: { depth: ${depth} }\n`;
  return file(`devices/${name}.yaml`, 'Device', name, `  labels: { fleet: fleet-${at % fleets} }\n${spec}`);
}

/** The file of the application that all fleets run. */
export function applicationFile(release: string): FileChange {
  return file('apps/pump.yaml', 'Application', 'pump', `spec:\n  release: ${release}\n  config: { rate: 1 }\n`);
}

/** All files. */
export function* allFiles(size: Size, release: string, withWaves: boolean): Generator<FileChange> {
  yield applicationFile(release);
  for (let at = 0; at < 500; at += 1) yield file(`sites/site-${at}.yaml`, 'Site', `site-${at}`, 'spec: {}\n');
  for (let at = 0; at < size.fleets; at += 1) yield fleetFile(at, withWaves);
  for (let at = 0; at < size.devices; at += 1) yield deviceFile(size, at);
}

/** The file of a fleet by its number. */
export function fleetFile(at: number, withWaves: boolean): FileChange {
  const name = `fleet-${at}`;
  const spec = `spec:\n  selector: { matchLabels: { fleet: ${name} } }\n  applications: [{ name: pump }]\n`;
  return file(`fleets/${name}.yaml`, 'Fleet', name, `${spec}${withWaves ? rollout : ''}`);
}

/** Two releases of it. */
export const catalogue: Catalogue = new Map(
  ['1.0.0', '1.1.0'].map((version) => [
    `pump/${version}`,
    { name: 'pump', version, sha256: sha256Hex(`pump/${version}`), length: 1_000 },
  ]),
);
