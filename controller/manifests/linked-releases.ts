import type { Application, LinkedModule } from '../../schemas/generated/types.ts';
import type { Catalogue } from './desired.ts';

/** A release that a manifest links, under the name that its functions are imported from. */
export interface LinkedRelease {
  readonly link: string;
  readonly name: string;
  readonly version: string;
}

/** What a manifest links, sorted by link; a text that is no NAME/VERSION is a release that there is not. */
export function linkedReleases({ links = {} }: Pick<Application['spec'], 'links'>): readonly LinkedRelease[] {
  return Object.keys(links)
    .sort()
    .map((link) => {
      const [name = '', version = ''] = links[link]!.release.split('/');
      return { link, name, version };
    });
}

/** The linked modules in the deployment's terms; undefined where one is not released, which is told of its manifest. */
export function linkedModules(
  spec: Pick<Application['spec'], 'links'>,
  catalogue: Catalogue,
): { readonly links?: Record<string, LinkedModule> } | undefined {
  if (spec.links === undefined) return {};
  const links: Record<string, LinkedModule> = {};
  for (const { link, name, version } of linkedReleases(spec)) {
    const release = catalogue.get(`${name}/${version}`);
    if (release === undefined) return undefined;
    links[link] = { name, version, sha256: release.sha256, length: release.length };
  }
  return { links };
}
