/** The demo's fleet repository: the harbor example with keys of its own, and changes to it. */
import { addRelease } from '../../controller/publishing/authoring/add-release.ts';
import type { WorkTree } from '../../controller/publishing/authoring/work-tree.ts';
import { readWorkFile, writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import { DeviceIdentityStore, keyInManifest } from '../../device-agent/enrol-identity.ts';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { type CommandContext, CommandError } from '../command.ts';
import { addExampleRelease, exampleModule, makeExampleFleet } from '../example-fleet.ts';
import { failingModule } from './failing-module.ts';

const example = 'harbor';

/** The application that gets a new release. */
export const changedApplication = 'position-beacon';

/** The fleet whose changes go wave by wave, and the ship that is its first wave. */
export const fleetInWaves = 'ships';
export const canarySite = 'aurora';

/** One device of the demo and where its agent lives. */
export interface DemoDevice {
  readonly name: string;
  readonly site: string;
  /** Configuration and state of its agent. */
  readonly directory: string;
}

export interface DemoFleet {
  readonly tree: WorkTree;
  readonly devices: readonly DemoDevice[];
}

export function stateOf({ directory }: DemoDevice): string {
  return `${directory}/state`;
}

/** Replaces a piece of a manifest; the piece must be there. */
function edit(tree: WorkTree, path: string, from: string, to: string): void {
  const text = new TextDecoder().decode(readWorkFile(tree, path) ?? new Uint8Array());
  if (!text.includes(from))
    throw new CommandError(`${tree.directory}/${path} has no ${JSON.stringify(from)} to change`);
  writeWorkFile(tree, path, new TextEncoder().encode(text.replace(from, to)));
}

/** Makes the repository with the first releases, and every device's own key, which its manifest names. */
export function makeDemoFleet(context: CommandContext, directory: string): DemoFleet {
  const { disk } = context;
  const tree = makeExampleFleet(context, example, `${directory}/fleet`, ['1.0.0']);
  const devices = disk.list(`${tree.directory}/devices`).map((file): DemoDevice => {
    const name = file.replace(/\.yaml$/, '');
    const text = new TextDecoder().decode(disk.readFile(`${tree.directory}/devices/${file}`));
    const site = /^ {2}site: (\S+)$/m.exec(text)?.[1];
    if (site === undefined) throw new CommandError(`devices/${file} of the example names no site`);
    return { name, site, directory: `${directory}/devices/${name}` };
  });
  for (const device of devices) {
    const { keyFingerprint, publicKey } = keyInManifest(new DeviceIdentityStore(disk, stateOf(device)).key());
    edit(
      tree,
      `devices/${device.name}.yaml`,
      `site: ${device.site}`,
      `site: ${device.site}\n  keyFingerprint: ${keyFingerprint}\n  publicKey: ${publicKey}`,
    );
  }
  return { tree, devices };
}

/** Where the next release of one application lies as its developer built it, for a user to sign: beside the repository. */
export const nextRelease = { version: '1.1.0', file: 'beacon-1.1.0.wasm' };

/** A release of it that does badly, in the same place. */
export const badRelease = { version: '1.2.0', file: 'beacon-1.2.0.wasm' };

/** Puts both there. */
export function leaveReleases({ disk, projectDirectory }: CommandContext, { tree }: DemoFleet): void {
  const built = exampleModule(projectDirectory, example, changedApplication, nextRelease.version);
  writeFileDurably(disk, `${tree.directory}/..`, nextRelease.file, disk.readFile(built));
  writeFileDurably(disk, `${tree.directory}/..`, badRelease.file, failingModule);
}

/** A new release of one application and a change of configuration, as a fleet engineer would write them. */
export function changeDemoFleet(context: CommandContext, { tree }: DemoFleet): void {
  addExampleRelease(context, example, tree, changedApplication, nextRelease.version);
  edit(tree, `applications/${changedApplication}.yaml`, 'release: 1.0.0', `release: ${nextRelease.version}`);
  edit(tree, 'sites/aurora.yaml', 'knots: 14', 'knots: 15');
}

const shipsFile = `fleets/${fleetInWaves}.yaml`;
const wanted = `- name: ${changedApplication}\n`;
const wantedBad = `- name: ${changedApplication}\n      release: ${badRelease.version}\n`;

/** Has ships run a release that does badly, as somebody would who did not try it. */
export function breakDemoFleet({ random, clock }: CommandContext, { tree }: DemoFleet): void {
  const release = { name: changedApplication, ...badRelease, bytes: failingModule };
  addRelease(tree, { ...release, isLinked: false, random, now: clock.now() });
  edit(tree, shipsFile, wanted, wantedBad);
}

/** Has them run again what they ran before. */
export function mendDemoFleet({ tree }: DemoFleet): void {
  edit(tree, shipsFile, wantedBad, wanted);
}
