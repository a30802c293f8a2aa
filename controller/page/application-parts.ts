/** The applications of a device: how each does, what it takes, what it published and printed last. */
import type { ApplicationReport } from '../../schemas/generated/types.ts';
import { html } from './html.ts';
import { Age } from './marks.ts';
import { bytes, count, plural } from './quantities.ts';

function Usage({ usage }: Pick<ApplicationReport, 'usage'>) {
  if (usage === undefined) return null;
  const { memoryBytes, memoryBytesMax, fuelPerSecond } = usage;
  return html`<span class="usage"><meter min="0" max=${memoryBytesMax} value=${memoryBytes} aria-label="Memory"></meter>
    ${bytes(memoryBytes)} of ${bytes(memoryBytesMax)}, ${count(fuelPerSecond)} fuel/s</span>`;
}

function Published({ facts = {} }: Pick<ApplicationReport, 'facts'>) {
  const all = Object.entries(facts);
  if (all.length === 0) return null;
  const rows = all.map(
    ([name, { value, at }]) =>
      html`<span key=${name}>${name} <b>${String(value)}</b> <small><${Age} time=${at} /></small></span>`,
  );
  return html`<p class="published">${rows}</p>`;
}

function Application({ application }: { readonly application: ApplicationReport }) {
  const { name, version, state, since, restarts, message, lines = [], stack = [], usage, facts } = application;
  const printed = [...stack, ...lines].join('\n');
  return html`<li class=${`application application-${state}`}>
    <p><b>${name}</b> ${version} <span class="app-state">${state}</span> <small><${Age} time=${since} />${restarts > 0 && html`, ${plural(restarts, 'restart')}`}</small></p>
    <${Usage} usage=${usage} /><${Published} facts=${facts} />
    ${message && html`<p class="bad">${message}</p>`}
    ${printed !== '' && html`<pre tabindex="0" aria-label=${`What ${name} printed last`}>${printed}</pre>`}
  </li>`;
}

/** All of them. */
export function Applications({ applications }: { readonly applications: readonly ApplicationReport[] }) {
  if (applications.length === 0) return null;
  const rows = applications.map((one) => html`<${Application} key=${one.name} application=${one} />`);
  return html`<section><h2>Applications</h2><ul class="plain">${rows}</ul></section>`;
}
