/** The fleet at a glance: counts that open lists, what needs a person, rollouts under way, the branch. */
import type { FleetStatus, Problem, RevisionStatus, StatusDocument, Tally } from '../../schemas/generated/types.ts';
import { type Attention, attentionOf, placeOf } from './attention.ts';
import { html } from './html.ts';
import { Age, Bar, Fault, partsOf } from './marks.ts';
import { summary, summaryFault } from './model.ts';
import { count, plural } from './quantities.ts';
import { hashOf } from './shown-route.ts';
import { WaveBars } from './wave-bars.ts';

function headline({ desired, running }: Tally): string {
  if (desired === 0) return 'No devices yet';
  if (running === desired)
    return desired === 1 ? 'The device runs what it should' : `All ${count(desired)} devices run what they should`;
  return `${count(running)} of ${plural(desired, 'device')} run what they should`;
}

const countStates = ['failed', 'dark', 'unknown', 'progressing', 'running'] as const;

function Counts({ tally }: { readonly tally: Tally }) {
  const cells = countStates.map(
    (state) => html`<a key=${state} class=${`count count-${state}${tally[state] === 0 ? ' is-none' : ''}`}
      href=${hashOf({ kind: 'devices', query: { state } })}><b>${count(tally[state])}</b> <span>${state}</span></a>`,
  );
  return html`<nav class="counts" aria-label="Devices by state">${cells}</nav>`;
}

const problemsMax = 20;

function Problems({ problems }: { readonly problems: readonly Problem[] }) {
  const rows = problems.slice(0, problemsMax).map(
    (
      problem,
      at,
    ) => html`<li key=${at}><code>${placeOf(problem)}</code> ${problem.message} <small>${problem.code}</small>
      ${problem.excerpt === undefined ? null : html`<pre>${problem.excerpt}</pre>`}</li>`,
  );
  const more =
    problems.length > problemsMax ? html`<li class="dim">and ${problems.length - problemsMax} more</li>` : null;
  return html`<ol class="problems">${rows}${more}</ol>`;
}

function AttentionRow({ item }: { readonly item: Attention }) {
  const { severity, what, why, since, href, problems = [] } = item;
  return html`<li class=${`attention-${severity}`}>
    <p><b>${href === undefined ? what : html`<a href=${href}>${what}</a>`}</b>${since === undefined ? null : html` <small><${Age} time=${since} /></small>`}<br />
    <span class="why">${why}</span></p>
    ${problems.length > 0 && html`<${Problems} problems=${problems} />`}
  </li>`;
}

function NeedsSomebody({ items }: { readonly items: readonly Attention[] }) {
  if (items.length === 0) return html`<section><h2>Needs a person</h2><p class="dim">Nothing does.</p></section>`;
  const rows = items.map((item) => html`<${AttentionRow} key=${item.what} item=${item} />`);
  return html`<section><h2>Needs a person</h2><ul class="attention">${rows}</ul></section>`;
}

function Commit({ commit }: { readonly commit: RevisionStatus }) {
  const { id, subject, author, committedAt } = commit;
  return html`<p class="commit"><code>${id.slice(0, 7)}</code> <b>${subject}</b><br />
    <small>${author}, <${Age} time=${committedAt} /></small></p>`;
}

function Branch({ source }: Pick<StatusDocument, 'source'>) {
  const { revision, tip, branch, location, checkedAt, state } = source;
  const isBehind = tip !== undefined && tip.id !== revision?.id;
  return html`<section><h2>Branch</h2>
    ${revision === undefined ? html`<p class="dim">Nothing is in force yet.</p>` : html`<${Commit} commit=${revision} />`}
    ${isBehind && html`<p class="label">Newest, ${state}</p><${Commit} commit=${tip} />`}
    <p><small>${branch} of ${location}, read <${Age} time=${checkedAt} /></small></p>
  </section>`;
}

function FleetRow({ fleet }: { readonly fleet: FleetStatus }) {
  const { name, tally, applications, asOf, rollout } = fleet;
  const list = hashOf({ kind: 'devices', query: { fleet: name } });
  return html`<tr>
    <th scope="row"><a href=${list}>${name}</a></th>
    <td class="wide"><${Bar} parts=${partsOf(tally)} /></td>
    <td class="number">${count(tally.running)}<span class="dim"> of ${count(tally.desired)}</span></td>
    <td class="rollout-cell">${rollout && html`<a href=${hashOf({ kind: 'rollout', fleet: name })}>${rollout.state === 'done' ? 'done' : `${rollout.state}, wave ${rollout.wave} of ${rollout.waves.length}`}</a>`}</td>
    <td class="less">${applications.map((application) => `${application.name} ${application.version}`).join(', ')}</td>
    <td class="less"><${Age} time=${asOf} none="not all heard" /></td>
  </tr>`;
}

function Fleets({ document }: { readonly document: StatusDocument }) {
  const { fleets, fleetsOmitted } = document;
  const rows = fleets.map((fleet) => html`<${FleetRow} key=${fleet.name} fleet=${fleet} />`);
  return html`<section><h2>Fleets</h2><table>
    <thead><tr><th scope="col">Fleet</th><th scope="col" class="wide">Devices</th><th scope="col" class="number">Running</th><th scope="col">Rollout</th>
    <th scope="col" class="less">Applications</th><th scope="col" class="less">All heard</th></tr></thead><tbody>${rows}</tbody></table>
    ${fleetsOmitted && html`<p class="dim">${plural(fleetsOmitted, 'more fleet')}.</p>`}</section>`;
}

function Rollouts({ fleets }: Pick<StatusDocument, 'fleets'>) {
  const going = fleets.filter(({ rollout }) => rollout !== undefined && rollout.state !== 'done');
  if (going.length === 0) return null;
  const rows = going.map(
    ({ name, rollout }) => html`<li key=${name}>
      <p><a href=${hashOf({ kind: 'rollout', fleet: name })}><b>${name}</b></a> ${rollout!.subject} <small><${Age} time=${rollout!.startedAt} /></small></p>
      <${WaveBars} waves=${rollout!.waves} />
      <p class="why">${rollout!.reason.message}</p></li>`,
  );
  return html`<section><h2>Rollouts</h2><ul class="rollouts">${rows}</ul></section>`;
}

const refusalsMax = 8;

function Refusals({ refusals }: Pick<StatusDocument, 'refusals'>) {
  if (refusals.length === 0) return null;
  const rows = refusals
    .slice(0, refusalsMax)
    .map(
      ({ at, device, address, message }, index) =>
        html`<li key=${index}><b>${device ?? address ?? '?'}</b> <small><${Age} time=${at} /></small><br /><span class="why">${message}</span></li>`,
    );
  return html`<section><h2>Not let in</h2><ul class="plain">${rows}</ul></section>`;
}

/** All of it, by the summary as it is now. */
export function FleetView() {
  const document = summary.value;
  if (document === undefined) return html`<${Fault} text=${summaryFault.value} />`;
  const { tally, fleets } = document;
  return html`<${Fault} text=${summaryFault.value} />
    <section class="glance"><h1>${headline(tally)}</h1><${Bar} parts=${partsOf(tally)} /><${Counts} tally=${tally} /></section>
    <div class="columns">
      <div><${Rollouts} fleets=${fleets} /><${Fleets} document=${document} /></div>
      <div><${NeedsSomebody} items=${attentionOf(document)} /><${Branch} source=${document.source} /><${Refusals} refusals=${document.refusals} /></div>
    </div>`;
}
