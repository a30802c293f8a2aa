/** The rollout of a fleet: its waves, what holds it, what may be done about it, and what was done. */
import type { DeviceEvent, FleetStatus, Forecast, RolloutStatus } from '../../schemas/generated/types.ts';
import { useAsked } from './asked.ts';
import { html } from './html.ts';
import { Age, Ahead, Fault } from './marks.ts';
import { plural } from './quantities.ts';
import { Actions } from './rollout-form.ts';
import { hashOf } from './shown-route.ts';
import { WaveBars } from './wave-bars.ts';

function Outlook({ forecast }: { readonly forecast: Forecast }) {
  const { waiting, withoutBasis, shares } = forecast;
  const rows = shares.map(
    ({ percent, by, surelyBy }) => html`<tr key=${percent}><th scope="row" class="number">${percent} %</th>
      <td>${by === undefined ? html`<span class="dim">nobody can say</span>` : html`<${Ahead} time=${by} />`}</td>
      <td>${surelyBy === undefined ? html`<span class="dim">nobody can say</span>` : html`<${Ahead} time=${surelyBy} />`}</td></tr>`,
  );
  return html`<section><h2>When devices will be heard</h2><table><thead><tr><th scope="col" class="number">Share</th><th scope="col">Even odds</th><th scope="col">Almost surely</th></tr></thead><tbody>${rows}</tbody></table>
    <p class="dim">${plural(waiting, 'device')} wait for contact${withoutBasis > 0 ? `; of ${withoutBasis} nobody can say` : ''}.</p></section>`;
}

function Story({ events = [] }: { readonly events?: readonly DeviceEvent[] | undefined }) {
  if (events.length === 0) return null;
  const rows = [...events]
    .reverse()
    .map(
      ({ at, message, code }, index) =>
        html`<li key=${index}><small><${Age} time=${at} /></small><span>${message} <small>${code}</small></span></li>`,
    );
  return html`<section><h2>What happened</h2><ol class="events">${rows}</ol></section>`;
}

function Past({ finished = [], number: shown }: Pick<RolloutStatus, 'finished' | 'number'>) {
  // One that is done is among those that are over, too.
  const before = finished.filter(({ number }) => number !== shown);
  if (before.length === 0) return null;
  const rows = before.map(
    ({ number, subject, outcome, finishedAt, reason }) =>
      html`<li key=${number}><small><${Age} time=${finishedAt} /></small><span><b>${subject}</b> ${outcome}<br /><small>${reason.message}</small></span></li>`,
  );
  return html`<section><h2>Before it</h2><ol class="events">${rows}</ol></section>`;
}

function Stragglers({ fleet, rollout }: { readonly fleet: string; readonly rollout: RolloutStatus }) {
  if (rollout.stragglers === undefined) return null;
  const href = hashOf({ kind: 'devices', query: { fleet, state: 'dark,unknown,progressing', sort: 'contact' } });
  return html`<p><a href=${href}>${plural(rollout.stragglers, 'straggler')}</a> of waves that have passed; each is followed when it returns.</p>`;
}

function Rollout({
  fleet,
  rollout,
  forecast,
}: {
  fleet: string;
  rollout: RolloutStatus;
  forecast: Forecast | undefined;
}) {
  const { state, reason, number, revision, subject, startedAt, nextAt, waves } = rollout;
  return html`<p class="lead"><b>${subject}</b> <small><code>${revision.slice(0, 7)}</code>, rollout ${number}, <${Age} time=${startedAt} /></small></p>
    <p class=${`rollout-state rollout-${state}`}><b>${state}</b> ${reason.message}${nextAt && html` <small>goes on <${Ahead} time=${nextAt} /></small>`}</p>
    <${WaveBars} waves=${waves} />
    <${Stragglers} fleet=${fleet} rollout=${rollout} />
    <${Actions} fleet=${fleet} rollout=${rollout} />
    <div class="columns"><div><${Story} events=${rollout.events} /></div>
    <div>${forecast && html`<${Outlook} forecast=${forecast} />`}<${Past} finished=${rollout.finished} number=${number} /></div></div>`;
}

/** The rollout of the fleet of this name, as the last answer has it. */
export function RolloutView({ fleet }: { readonly fleet: string }) {
  const { value, fault } = useAsked<FleetStatus>(`fleets/${encodeURIComponent(fleet)}`, () => true);
  const head = html`<header class="thing-head"><h1>${fleet}</h1><a href=${hashOf({ kind: 'devices', query: { fleet } })}>its devices</a></header><${Fault} text=${fault} />`;
  if (value === undefined) return head;
  if (value.rollout === undefined)
    return html`${head}<p class="lead">Changes of this fleet go to all its devices at once.</p>`;
  return html`${head}<${Rollout} fleet=${fleet} rollout=${value.rollout} forecast=${value.forecast} />`;
}
