import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestWorld } from '../test/end-to-end/world.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Gives the fleet of trucks so many applications, all of one module under names of their own. */
export async function addApplications(made: TestWorld, applications: number): Promise<void> {
  const { directory } = made.fleet.tree;
  const module = `${root}fleet-examples/harbor/apps/position-beacon/position-beacon-1.0.0.wasm`;
  const manifest = readFileSync(`${directory}/applications/position-beacon.yaml`, 'utf8');
  // Nobody leads yet who could be asked for what was published; the world replaces this when it starts.
  writeFileSync(`${made.directory}/fleet.config.yaml`, '{}\n');
  const names = Array.from({ length: applications - 1 }, (_, index) => `beacon-${index}`);
  for (const name of names) {
    const { code, text } = await made.fleetCommand('release', 'add', module, '--name', name, '--version', '1.0.0');
    if (code !== 0) throw new Error(text);
    writeFileSync(`${directory}/applications/${name}.yaml`, manifest.replace('name: position-beacon', `name: ${name}`));
  }
  const wanted = ['position-beacon', ...names].map((name) => `    - name: ${name}`).join('\n');
  const fleet = readFileSync(`${directory}/fleets/trucks.yaml`, 'utf8');
  const start = fleet.indexOf('    - name: position-beacon');
  const end = fleet.indexOf('  probationSeconds');
  writeFileSync(`${directory}/fleets/trucks.yaml`, `${fleet.slice(0, start)}${wanted}\n${fleet.slice(end)}`);
}
