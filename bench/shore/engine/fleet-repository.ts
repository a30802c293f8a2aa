/** A fleet of many devices in one repository: a manifest file for each, below the folder of its site. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { addRelease } from '../../../controller/publishing/authoring/add-release.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import { nodeDisk as disk } from '../../../platform/node/disk.ts';
import { nodeRandom as random } from '../../../platform/node/random.ts';

const siteCount = 200;
const fleetCount = 50;
const applications = ['pump', 'radio', 'log'];
const version = '1.0.0';

/** The smallest module that a device takes: it exports its memory and a `_start` that does nothing. */
const moduleBytes = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 19, 2, 6, ...Buffer.from('memory'), 2, 0, 6, ...Buffer.from('_start'), 0, 0],
  ...[10, 4, 1, 2, 0, 0x0b],
]);

/** Text of files by path. */
type Texts = Iterable<readonly [path: string, text: string]>;

/** A device by its number. */
export function deviceName(number: number): string {
  return `device-${number}`;
}

/** What enrolment would have printed for a device. */
function fingerprintOf(name: string): string {
  return `SHA256:${createHash('sha256').update(name).digest('base64').replace('=', '')}`;
}

function manifest(kind: string, name: string, rest: string): string {
  return `apiVersion: fleet/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${rest}`;
}

/** The file of one device; `generation` changes what it is to run. */
export function deviceFile(number: number, generation: number): readonly [path: string, text: string] {
  const name = deviceName(number);
  const site = `site-${number % siteCount}`;
  const labels = `  labels:\n    fleet: f${number % fleetCount}\n    hull: h${number}\n`;
  const spec = `spec:\n  site: ${site}\n  keyFingerprint: ${fingerprintOf(name)}\n`;
  const config = generation === 0 ? '' : `  config:\n    own: ${generation}\n`;
  return [`devices/${site}/${name}.yaml`, manifest('Device', name, labels + spec + config)];
}

/** The files of the applications, which all devices run; `generation` changes what. */
export function applicationFiles(generation: number): Texts {
  return applications.map((name) => {
    const config = `spec:\n  release: ${version}\n  config:\n    vessel: \${site.name}\n    generation: ${generation}\n`;
    return [`applications/${name}.yaml`, manifest('Application', name, config)];
  });
}

function* sharedFiles(): Generator<readonly [string, string]> {
  yield* applicationFiles(0);
  const runs = applications.map((name) => `    - name: ${name}\n`).join('');
  for (let n = 0; n < fleetCount; n += 1) {
    const spec = `spec:\n  selector:\n    matchLabels:\n      fleet: f${n}\n  applications:\n${runs}`;
    yield [`fleets/fleet-${n}.yaml`, manifest('Fleet', `fleet-${n}`, spec)];
  }
  for (let n = 0; n < siteCount; n += 1) yield [`sites/site-${n}.yaml`, manifest('Site', `site-${n}`, 'spec: {}\n')];
}

function* deviceFiles(count: number): Generator<readonly [string, string]> {
  for (let number = 0; number < count; number += 1) yield deviceFile(number, 0);
}

/** Trust and releases, as the authoring commands wrote them into the work tree. */
function* authoredFiles(directory: string, folder = ''): Generator<readonly [string, Uint8Array]> {
  for (const name of readdirSync(`${directory}/${folder}`)) {
    const path = `${folder}${name}`;
    if (statSync(`${directory}/${path}`).isDirectory()) {
      if (!name.startsWith('.')) yield* authoredFiles(directory, `${path}/`);
    } else if (!name.startsWith('.')) yield [path, readFileSync(`${directory}/${path}`)];
  }
}

/** A repository below a directory, whose branch `main` grows by commits. */
export class FleetRepository {
  /** Bare. */
  readonly path: string;
  /** Where the controller's keys are. */
  readonly keys: string;
  #commits = 0;

  constructor(directory: string, count: number) {
    const authored = `${directory}/authored`;
    this.path = `${directory}/fleet.git`;
    this.keys = `${authored}/.fleet/keys/online`;
    disk.makeDirectory(authored);
    const tree = { disk, directory: authored };
    makeTrust(tree, { random, now: Date.now() });
    for (const name of applications) {
      addRelease(tree, { name, version, bytes: moduleBytes, file: 'app.wasm', random, now: Date.now() });
    }
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.path]);
    this.commit([...authoredFiles(authored), ...sharedFiles(), ...deviceFiles(count)]);
  }

  /** Commits these files over what there is. */
  commit(files: Iterable<readonly [path: string, content: string | Uint8Array]>): void {
    const parts: Uint8Array[] = [];
    const data = (content: Uint8Array) =>
      parts.push(Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n'));
    const message = Buffer.from(`change ${this.#commits}`);
    parts.push(
      Buffer.from(`commit refs/heads/main\ncommitter Bench <bench@localhost> ${1_700_000_000 + this.#commits} +0000\n`),
    );
    data(message);
    if (this.#commits > 0) parts.push(Buffer.from('from refs/heads/main^0\n'));
    for (const [path, content] of files) {
      parts.push(Buffer.from(`M 100644 inline ${path}\n`));
      data(Buffer.from(content));
    }
    execFileSync('git', [`--git-dir=${this.path}`, 'fast-import', '--quiet'], { input: Buffer.concat(parts) });
    this.#commits += 1;
  }
}
