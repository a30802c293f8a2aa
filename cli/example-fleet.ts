/** Makes a fleet repository out of one of the examples: manifests, schemas for editors, keys, trust, signed releases. */
import { addRelease } from '../controller/publishing/authoring/add-release.ts';
import { makeTrust } from '../controller/publishing/authoring/make-trust.ts';
import { type WorkTree, writeWorkFile } from '../controller/publishing/authoring/work-tree.ts';
import { type CommandContext, CommandError } from './command.ts';
import { applicationIn } from './deployed-application.ts';

/** Schemas that manifests name in their first line. */
const manifestSchemas = ['application', 'device', 'events', 'fleet', 'metadata', 'policy', 'secret', 'site'];

/** How the examples name the schemas of this project; a copy has its own at its top. */
const schemaFolder = /(?:\.\.\/)+schemas\//;

const manifestFolders = ['applications', 'fleets', 'sites', 'devices'];

/** A built module of an example: `apps/NAME/NAME-VERSION.wasm`. */
interface BuiltModule {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

function builtModules({ disk }: CommandContext, example: string): BuiltModule[] {
  return disk.list(`${example}/apps`).flatMap((name) =>
    disk.list(`${example}/apps/${name}`).flatMap((file) => {
      const [, version] = new RegExp(`^${name}-(.+)\\.wasm$`).exec(file) ?? [];
      return version === undefined ? [] : [{ name, version, path: `${example}/apps/${name}/${file}` }];
    }),
  );
}

function copyManifests({ disk }: CommandContext, example: string, tree: WorkTree): void {
  const inFolders = manifestFolders.flatMap((folder) =>
    disk.list(`${example}/${folder}`).map((file) => [folder, file]),
  );
  const atTop = disk.list(example).filter((file) => file === 'policy.yaml');
  for (const path of [...inFolders, ...atTop.map((file) => [file])]) {
    const text = new TextDecoder().decode(disk.readFile([example, ...path].join('/')));
    const moved = text.replace(schemaFolder, `${'../'.repeat(path.length - 1)}schemas/`);
    writeWorkFile(tree, path.join('/'), new TextEncoder().encode(moved));
  }
}

function copySchemas({ disk, projectDirectory }: CommandContext, tree: WorkTree): void {
  for (const name of manifestSchemas) {
    const file = `schemas/${name}.schema.json`;
    writeWorkFile(tree, file, disk.readFile(`${projectDirectory}/${file}`));
  }
}

/** Path of a built module of an example. */
export function exampleModule(projectDirectory: string, example: string, name: string, version: string): string {
  return `${projectDirectory}/fleet-examples/${example}/apps/${name}/${name}-${version}.wasm`;
}

/** Signs a built module of an example into the repository. */
export function addExampleRelease(
  context: CommandContext,
  example: string,
  tree: WorkTree,
  name: string,
  version: string,
): void {
  const file = exampleModule(context.projectDirectory, example, name, version);
  const bytes = context.disk.readFile(file);
  const isLinked = isLinkedInto(context, example, name);
  addRelease(tree, { name, version, bytes, file, isLinked, random: context.random, now: context.clock.now() });
}

/** Whether it is one of several modules: its manifest links others, or it has none, and others link it. */
function isLinkedInto({ disk, projectDirectory }: CommandContext, example: string, name: string): boolean {
  const path = `${projectDirectory}/fleet-examples/${example}/applications/${name}.yaml`;
  return disk.stat(path) === undefined || applicationIn({ path, bytes: disk.readFile(path) }).spec.links !== undefined;
}

/**
 * Makes the repository in `directory`, which must be empty or not there. `versions` tells which releases are signed; all
 * that the example has when it is absent.
 */
export function makeExampleFleet(
  context: CommandContext,
  example: string,
  directory: string,
  versions?: readonly string[],
): WorkTree {
  const { disk, random, clock, projectDirectory } = context;
  if (disk.stat(directory) !== undefined && disk.list(directory).some((name) => name !== '.git')) {
    throw new CommandError(`${directory} is not empty; name a new directory`);
  }
  disk.makeDirectory(directory);
  const tree: WorkTree = { disk, directory };
  const source = `${projectDirectory}/fleet-examples/${example}`;
  makeTrust(tree, { random, now: clock.now() });
  copySchemas(context, tree);
  copyManifests(context, source, tree);
  for (const { name, version } of builtModules(context, source)) {
    if (versions === undefined || versions.includes(version)) addExampleRelease(context, example, tree, name, version);
  }
  return tree;
}
