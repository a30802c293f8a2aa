/** A fleet repository of an example whose fleets change all at once, for what is not about waves. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const rollout = /^ {2}#.*\n {2}rollout:\n(?: {4}.*\n)+/m;

/** Takes the rollout out of every fleet of a repository. */
export function takeWavesAway(repository: string): void {
  const fleets = join(repository, 'fleets');
  for (const name of readdirSync(fleets)) {
    const file = join(fleets, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(rollout, ''));
  }
}
