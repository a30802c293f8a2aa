/** Places and how their devices do, those that are not well first. */
import type { SitePage, SiteStatus } from '../../schemas/generated/types.ts';
import { useAsked } from './asked.ts';
import { html } from './html.ts';
import { Age, Bar, Fault, partsOf } from './marks.ts';
import { count } from './quantities.ts';
import { hashOf } from './shown-route.ts';

const ranks = { failed: 0, stale: 1, progressing: 2, converged: 3 } as const;

/** The worst first, and by name among their like. */
export function worstFirst(sites: readonly SiteStatus[]): SiteStatus[] {
  return sites.toSorted((a, b) => ranks[a.state] - ranks[b.state] || (a.name < b.name ? -1 : 1));
}

function Row({ site }: { readonly site: SiteStatus }) {
  const { name, tally, asOf, state } = site;
  return html`<tr><th scope="row"><a href=${hashOf({ kind: 'devices', query: { site: name } })}>${name}</a></th>
    <td>${state}</td><td class="wide"><${Bar} parts=${partsOf(tally)} /></td>
    <td class="number">${count(tally.running)}<span class="dim"> of ${count(tally.desired)}</span></td>
    <td class="less"><${Age} time=${asOf} none="not all heard" /></td></tr>`;
}

/** The first thousand of them. */
export function SitesView() {
  const { value, fault } = useAsked<SitePage>('sites?limit=1000', () => true);
  const rows = worstFirst(value?.items ?? []).map((site) => html`<${Row} key=${site.name} site=${site} />`);
  return html`<h1>Sites</h1><${Fault} text=${fault} />
    ${value && html`<table><thead><tr><th scope="col">Site</th><th scope="col">State</th><th scope="col" class="wide">Devices</th><th scope="col" class="number">Running</th><th scope="col" class="less">All heard</th></tr></thead><tbody>${rows}</tbody></table>`}
    ${value?.next && html`<p class="dim">These are the first thousand; search devices for a site by its name.</p>`}`;
}
