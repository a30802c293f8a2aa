/** One device: what it should run and runs, and why; its applications, links, silences, and all that happened on it. */
import type { DeviceStatus, Report } from '../../schemas/generated/types.ts';
import { Applications } from './application-parts.ts';
import { useAsked } from './asked.ts';
import { html } from './html.ts';
import { Age, Ahead, Fault, StateMark } from './marks.ts';
import { bytes, count, plural, span } from './quantities.ts';
import { hashOf } from './shown-route.ts';
import { silenceBars } from './silences.ts';

interface OfDevice {
  readonly device: DeviceStatus;
}

type Fact = readonly [string, unknown];

function Facts({ facts }: { readonly facts: readonly (Fact | undefined)[] }) {
  const rows = facts
    .filter((fact) => fact !== undefined)
    .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${rows}</dl>`;
}

function link({ connected, linkSince }: DeviceStatus) {
  if (connected === undefined) return html`<span class="dim">not known</span>`;
  return html`${connected ? 'up' : 'down'}${linkSince && html`, <${Age} time=${linkSince} />`}`;
}

function expected({ expectedContact }: DeviceStatus): Fact | undefined {
  if (expectedContact === undefined) return undefined;
  const { kind, by, surelyBy, usualSeconds } = expectedContact;
  const usual = usualSeconds === undefined ? '' : `, usually silent for ${span(usualSeconds * 1000)}`;
  if (by === undefined) return ['Expected', `${kind === 'overdue' ? 'overdue' : 'nobody can say'}${usual}`];
  return [
    'Expected',
    html`<${Ahead} time=${by} />${surelyBy && html`, almost surely <${Ahead} time=${surelyBy} />`}${usual}`,
  ];
}

function wanted({ desired }: DeviceStatus): Fact {
  if (desired === undefined) return ['Should run', html`<span class="dim">nothing yet</span>`];
  const what = desired.applications.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    'Should run',
    html`${what || 'nothing'}<br /><small>deployment ${desired.sequence} of <code>${desired.revision.slice(0, 7)}</code>, <${Age} time=${desired.issuedAt} /></small>`,
  ];
}

function runs({ report }: DeviceStatus): Fact {
  if (report === undefined) return ['Runs', html`<span class="dim">never heard</span>`];
  const what = report.applications.map(({ name, version }) => `${name} ${version}`).join(', ');
  const which =
    report.running === undefined
      ? ''
      : `deployment ${report.running.sequence} of ${report.running.revision.slice(0, 7)}, as told `;
  return ['Runs', html`${what || 'nothing'}<br /><small>${which}<${Age} time=${report.at} /></small>`];
}

function Overview({ device }: OfDevice) {
  const { fleet, site, wave, address: from, report, labels, hold, takeovers } = device;
  const text = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  return html`<${Facts} facts=${[
    wanted(device),
    runs(device),
    ['Link', link(device)],
    ['Last heard', html`<${Age} time=${device.contactAt} />`],
    expected(device),
    fleet === undefined
      ? undefined
      : [
          'Fleet',
          html`<a href=${hashOf({ kind: 'devices', query: { fleet } })}>${fleet}</a>${wave && html`, wave ${wave}`}`,
        ],
    site === undefined
      ? undefined
      : ['Site', html`<a href=${hashOf({ kind: 'devices', query: { site } })}>${site}</a>`],
    text === '' ? undefined : ['Labels', text],
    from === undefined ? undefined : ['Address', from],
    hold === undefined ? undefined : ['Held', JSON.stringify(hold)],
    takeovers === undefined
      ? undefined
      : ['Taken over', `${plural(takeovers.count, 'time')} from ${takeovers.addresses.join(', ')}`],
    report?.agentVersion === undefined ? undefined : ['Agent', report.agentVersion],
  ]} />`;
}

function Update({ report }: { readonly report: Report }) {
  const { phase, since, target, progress, waiting, problem } = report;
  const steps = ['fetching', 'staged', 'waiting', 'activating', 'probation', 'active'] as const;
  const at = steps.indexOf(phase as (typeof steps)[number]);
  const marks = steps.map(
    (step, index) =>
      html`<li key=${step} class=${index < at ? 'is-past' : index === at ? 'is-now' : ''} aria-current=${index === at ? 'step' : undefined}>${step}</li>`,
  );
  return html`<section><h2>Update</h2>
    <ol class="steps">${marks}</ol>
    <p>${phase}, since <${Age} time=${since} />${target && html`, on the way to deployment ${target.sequence}`}</p>
    ${progress && html`<p><progress max=${progress.bytesTotal} value=${progress.bytesDone} aria-label="Fetched"></progress> ${bytes(progress.bytesDone)} of ${bytes(progress.bytesTotal)}</p>`}
    ${waiting && html`<p>${waiting.message}${waiting.opensAt && html` <small>opens <${Ahead} time=${waiting.opensAt} /></small>`}</p>`}
    ${problem && html`<p class="bad">${problem.message} <small>${problem.code}, <${Age} time=${problem.at} /></small></p>`}
  </section>`;
}

function Links({ device }: OfDevice) {
  const links = device.report?.links ?? [];
  if (links.length === 0) return null;
  const rows = links.map(({ name, leadsOut, bytes: taken, budget, bitsPerSecond }) => {
    const price = device.linkPrices?.find((one) => one.name === name);
    return html`<tr key=${name}><th scope="row">${name}${leadsOut && html` <small>leads out</small>`}</th>
      <td class="number">${bytes(taken)}</td>
      <td class="number">${price === undefined ? '' : `${price.price.toFixed(2)} ${price.currency}`}</td>
      <td class="number">${budget === undefined ? '' : `${bytes(budget.used)} of ${bytes(budget.bytes)} a ${budget.per}`}</td>
      <td class="number">${bitsPerSecond === undefined ? '' : `${count(Math.round(bitsPerSecond / 1000))} kbit/s`}</td></tr>`;
  });
  return html`<section><h2>Links</h2><table><thead><tr><th scope="col">Link</th><th scope="col" class="number">Bytes</th><th scope="col" class="number">Cost</th>
    <th scope="col" class="number">Budget</th><th scope="col" class="number">Speed</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function Downloads({ report }: { readonly report: Report }) {
  const downloads = report.downloads ?? [];
  if (downloads.length === 0) return null;
  const rows = downloads.map(
    (
      { name, version, method, bytes: taken, length, neighbour },
      at,
    ) => html`<tr key=${at}><th scope="row">${name} ${version}</th><td>${neighbour === undefined ? method : `from ${neighbour}`}</td>
      <td class="number">${bytes(taken)}<span class="dim"> of ${bytes(length)}</span></td></tr>`,
  );
  return html`<section><h2>Downloads</h2><table><thead><tr><th scope="col">Release</th><th scope="col">How</th><th scope="col" class="number">Over the link</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function Silences({ silences }: { readonly silences: string }) {
  const bars = silenceBars(silences);
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const cells = bars.map((bar, at) => {
    const words = `${bar.count} of ${span(bar.fromMs)} or more`;
    return html`<span key=${at} title=${words} style=${{ opacity: bar.count === 0 ? 0.08 : 0.25 + (0.75 * bar.count) / most }}></span>`;
  });
  const all = bars.filter((bar) => bar.count > 0).map((bar) => `${bar.count} of ${span(bar.fromMs)} or more`);
  return html`<section><h2>Silences it had</h2><div class="heat" role="img" aria-label=${all.join(', ')}>${cells}</div>
    <p class="heat-ends"><small>1 min</small><small>${span(bars.at(-1)!.fromMs)}</small></p></section>`;
}

const eventsMax = 200;

function Events({ device: { events } }: OfDevice) {
  const rows = events
    .slice(0, eventsMax)
    .map(
      ({ at, code, message }, index) =>
        html`<li key=${`${at}${index}`}><small><${Age} time=${at} /></small><span>${message} <small>${code}</small></span></li>`,
    );
  return html`<section><h2>What happened</h2>${rows.length === 0 ? html`<p class="dim">Nothing yet.</p>` : html`<ol class="events">${rows}</ol>`}</section>`;
}

/** The device of this name, as the last answer has it. */
export function DeviceView({ name }: { readonly name: string }) {
  const path = `devices/${encodeURIComponent(name)}`;
  const { value: device, fault } = useAsked<DeviceStatus>(path, (changed) => changed === 'all' || changed.has(name));
  if (device === undefined) return html`<h1>${name}</h1><${Fault} text=${fault} />`;
  const { report, reason, silences } = device;
  return html`<header class="thing-head"><h1>${name}</h1><${StateMark} state=${device.state} connected=${device.connected} /></header>
    <${Fault} text=${fault} />
    <p class="lead">${reason.message}${reason.since && html` <small><${Age} time=${reason.since} /></small>`}</p>
    <div class="columns"><div>
      <section><h2>As it is</h2><${Overview} device=${device} /></section>
      ${report && html`<${Applications} applications=${report.applications} />`}
      <${Links} device=${device} />${report && html`<${Downloads} report=${report} />`}
    </div><div>
      ${report && html`<${Update} report=${report} />`}
      ${silences && html`<${Silences} silences=${silences} />`}
      <${Events} device=${device} />
    </div></div>`;
}
