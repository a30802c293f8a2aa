/** Whether what a fleet goes back to can still be had: devices take what signed metadata of the newest commit names, and nothing else. */
import type { Reason } from '../../../schemas/generated/types.ts';
import type { FleetDefinition } from '../../manifests/definition.ts';
import type { Catalogue } from '../../manifests/desired.ts';

/** Releases of a definition that the catalogue has no more, as `NAME/VERSION`. */
function releasesGone(catalogue: Catalogue, { applications }: FleetDefinition): readonly string[] {
  const all = applications.flatMap(({ links = {}, ...own }) => [own, ...Object.values(links)]);
  const gone = all.filter(({ name, version, sha256 }) => catalogue.get(`${name}/${version}`)?.sha256 !== sha256);
  return [...new Set(gone.map(({ name, version }) => `${name}/${version}`))];
}

/** That what was good can't be had any more, and what would do; undefined when it can, or there is nothing to go back to. */
export function goodNotThere(catalogue: Catalogue, good: FleetDefinition | undefined): Reason | undefined {
  const [first, ...others] = good === undefined ? [] : releasesGone(catalogue, good);
  if (first === undefined) return undefined;
  const what = others.length === 0 ? first : `${first} and ${others.length} more`;
  const message = `what its fleet ran before needs ${what}, which is among the releases no more: put it back, or commit a fix`;
  return { code: 'GOOD_NOT_THERE', message };
}
