/** The page: what is around every view, and the view that the address names. */
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { signOut, token } from './api.ts';
import { DeviceView } from './device-view.ts';
import { DevicesView } from './devices-view.ts';
import { FleetView } from './fleet-view.ts';
import { connection } from './follow-changes.ts';
import { html } from './html.ts';
import { listenToKeys } from './keys.ts';
import { machineNow, route, startModel, summary } from './model.ts';
import { Palette } from './palette-view.ts';
import { span } from './quantities.ts';
import { RolloutView } from './rollout-view.ts';
import { hashOf, type ShownRoute } from './shown-route.ts';
import { SignIn } from './sign-in.ts';
import { SitesView } from './sites-view.ts';

/** Whether what is shown is of now. */
function Liveness() {
  const state = connection.value;
  switch (state.state) {
    case 'live':
      return html`<span class="liveness is-live">live</span>`;
    case 'connecting':
      return html`<span class="liveness">connecting</span>`;
    case 'lost':
      return html`<span class="liveness is-lost">not connected</span>`;
    default:
      return state satisfies never;
  }
}

function Lost() {
  const state = connection.value;
  if (state.state !== 'lost') return null;
  const old = span(machineNow.value - state.since);
  const next = Math.max(0, Math.ceil((state.nextAt - machineNow.value) / 1000));
  return html`<div class="lost" role="status">Connection lost ${old} ago: what is shown is of then. Trying again${next > 0 ? ` in ${next} s` : ''}. <small>${state.why}</small></div>`;
}

const places = [
  ['fleet', 'Fleet', { kind: 'fleet' }],
  ['devices', 'Devices', { kind: 'devices', query: {} }],
  ['sites', 'Sites', { kind: 'sites' }],
] as const satisfies readonly (readonly [string, string, ShownRoute])[];

function Head() {
  const { kind } = route.value;
  const links = places.map(
    ([name, label, to]) =>
      html`<a key=${name} href=${hashOf(to)} aria-current=${kind === name ? 'page' : undefined}>${label}</a>`,
  );
  return html`<header class="top"><nav aria-label="Views">${links}</nav><${Liveness} />
    <button type="button" class="quiet" onClick=${() => signOut()}>Sign out</button></header>`;
}

function View() {
  const shown = route.value;
  switch (shown.kind) {
    case 'fleet':
      return html`<${FleetView} />`;
    case 'devices':
      return html`<${DevicesView} query=${shown.query} />`;
    case 'device':
      return html`<${DeviceView} key=${shown.name} name=${shown.name} />`;
    case 'rollout':
      return html`<${RolloutView} key=${shown.fleet} fleet=${shown.fleet} />`;
    case 'sites':
      return html`<${SitesView} />`;
    default:
      return shown satisfies never;
  }
}

function titleOf(shown: ShownRoute): string {
  if (shown.kind === 'device') return shown.name;
  if (shown.kind === 'rollout') return `Rollout of ${shown.fleet}`;
  return shown.kind === 'fleet' ? 'Fleet' : shown.kind === 'devices' ? 'Devices' : 'Sites';
}

function Page() {
  const shown = route.value;
  const isOld = connection.value.state === 'lost';
  useEffect(() => {
    document.title = titleOf(shown);
    if (shown.kind !== 'devices') scrollTo(0, 0);
  }, [shown]);
  if (token.value === undefined) return html`<${SignIn} />`;
  return html`<${Head} /><${Lost} /><main class=${isOld ? 'is-old' : ''} aria-busy=${summary.value === undefined}><${View} /></main><${Palette} />`;
}

startModel();
listenToKeys();
render(html`<${Page} />`, document.body);
