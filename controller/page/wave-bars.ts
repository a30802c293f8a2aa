/** The waves of a rollout as lanes: what became of the devices of each. */
import type { WaveCounts, WaveStatus } from '../../schemas/generated/types.ts';
import { html } from './html.ts';
import { Bar, type BarPart } from './marks.ts';
import { count } from './quantities.ts';

/** In the order in which a device passes through them. */
const fates = [
  ['failed', 'failed'],
  ['updated', 'updated'],
  ['unchanged', 'ran it before'],
  ['probation', 'on probation'],
  ['staged', 'staged'],
  ['contacted', 'contacted'],
  ['dark', 'offered and dark'],
  ['held', 'held'],
  ['waiting', 'waiting'],
] as const satisfies readonly (readonly [keyof WaveCounts, string])[];

/** Devices of a wave by what became of them. */
export function fatesOf(counts: WaveCounts): BarPart[] {
  return fates.map(([key, label]) => ({ key, label, count: counts[key] }));
}

/** What of a wave tells how far it is. */
function words(counts: WaveCounts): string {
  return fatesOf(counts)
    .filter((part) => part.count > 0)
    .map((part) => `${count(part.count)} ${part.label}`)
    .join(' · ');
}

function Lane({ wave }: { readonly wave: WaveStatus }) {
  const { name, state, approve, isApproved, counts } = wave;
  const yes = approve === undefined ? '' : isApproved ? ', approved' : `, approval ${approve} it`;
  return html`<li class=${`wave wave-${state}`}>
    <span class="wave-name"><b>${name}</b> <small>${state}${yes}</small></span>
    <${Bar} parts=${fatesOf(counts)} />
    <span class="wave-words">${words(counts) || 'no devices'}</span>
  </li>`;
}

/** All waves, one below the other. */
export function WaveBars({ waves }: { readonly waves: readonly WaveStatus[] }) {
  return html`<ol class="waves">${waves.map((wave) => html`<${Lane} key=${wave.name} wave=${wave} />`)}</ol>`;
}
