/** The small things that all views show: a state, an age, counts as a bar. */
import type { DeviceLine, Tally } from '../../schemas/generated/types.ts';
import { html } from './html.ts';
import { shoreNow } from './model.ts';
import { ago, ahead, count } from './quantities.ts';
import { hashOf } from './shown-route.ts';

/** How a device stands, by a shape and a word; what runs and is not connected ran when it was last heard. */
export function StateMark({ state, connected }: Pick<DeviceLine, 'state' | 'connected'>) {
  const isOld = state === 'running' && connected === false;
  return html`<span class=${`state state-${state}${isOld ? ' is-old' : ''}`}><i aria-hidden="true"></i>${isOld ? 'ran' : state}</span>`;
}

/** How long ago something was. */
export function Age({ time, none = 'never' }: { readonly time?: string | undefined; readonly none?: string }) {
  if (time === undefined) return html`<span class="dim">${none}</span>`;
  return html`<time datetime=${time} title=${time}>${ago(time, shoreNow.value)}</time>`;
}

/** How far ahead something is. */
export function Ahead({ time }: { readonly time: string }) {
  return html`<time datetime=${time} title=${time}>${ahead(time, shoreNow.value)}</time>`;
}

/** The parts of a tally, the worst first, those that are connected apart from those that ran when they were last heard. */
export function partsOf(tally: Tally) {
  const { failed, dark, unknown, progressing, running, runningConnected } = tally;
  return [
    { key: 'failed', label: 'failed', count: failed },
    { key: 'dark', label: 'dark', count: dark },
    { key: 'unknown', label: 'never heard', count: unknown },
    { key: 'progressing', label: 'progressing', count: progressing },
    { key: 'ran', label: 'ran when last heard', count: running - runningConnected },
    { key: 'running', label: 'running', count: runningConnected },
  ] as const;
}

export interface BarPart {
  readonly key: string;
  readonly label: string;
  readonly count: number;
}

/** Counts side by side, each as wide as its share. */
export function Bar({ parts }: { readonly parts: readonly BarPart[] }) {
  const shown = parts.filter((part) => part.count > 0);
  const words = shown.map((part) => `${count(part.count)} ${part.label}`).join(', ');
  const segments = shown.map(
    ({ key, count: width }) => html`<span key=${key} class=${`bar-${key}`} style=${{ flexGrow: width }}></span>`,
  );
  return html`<span class="bar" role="img" aria-label=${words || 'nothing'} title=${words}>${segments}</span>`;
}

/** A device by its name, as a way to it. */
export function DeviceLink({ name }: { readonly name: string }) {
  return html`<a href=${hashOf({ kind: 'device', name })}>${name}</a>`;
}

/** That an answer failed, and that what is shown is of before. */
export function Fault({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : html`<p class="fault" role="alert">${text}</p>`;
}
