/** What the list of devices is filtered by: a change of it is a change of the address, so that it can be sent to somebody. */

import { address, sleep } from './browser.ts';
import type { ListQuery } from './device-list.ts';
import { html } from './html.ts';
import { hashOf } from './shown-route.ts';

const states = ['failed', 'dark', 'unknown', 'progressing', 'running'] as const;
const sorts = { name: 'by name', state: 'worst first', contact: 'silent for longest first' } as const;

/** Those that have no field of their own; each can be taken away. */
const others = ['fleet', 'site', 'wave', 'release', 'held', 'selector'] as const;

/** The query with one of its parts as it is to be; none where that is empty. */
export function withPart(query: ListQuery, key: string, value: string): ListQuery {
  const { [key]: _before, ...rest } = query;
  return value === '' ? rest : { ...rest, [key]: value };
}

/** The query with a state more, or without it. */
export function toggled(query: ListQuery, state: string): ListQuery {
  const now = (query.state ?? '').split(',').filter((one) => one !== '');
  const then = now.includes(state) ? now.filter((one) => one !== state) : [...now, state];
  return withPart(query, 'state', then.join(','));
}

const typingMs = 200;
let typed = 0;

/** Looks when somebody stopped typing for a moment. */
async function search(query: ListQuery, text: string): Promise<void> {
  typed += 1;
  const mine = typed;
  await sleep(typingMs);
  if (mine === typed) address.replace(hashOf({ kind: 'devices', query: withPart(query, 'text', text) }));
}

function Chips({ query }: { readonly query: ListQuery }) {
  const shown = new Set((query.state ?? '').split(','));
  return states.map(
    (state) => html`<button key=${state} type="button" class="chip" aria-pressed=${shown.has(state)}
      onClick=${() => address.set(hashOf({ kind: 'devices', query: toggled(query, state) }))}>${state}</button>`,
  );
}

function Given({ query }: { readonly query: ListQuery }) {
  return others
    .filter((key) => query[key] !== undefined)
    .map(
      (
        key,
      ) => html`<a key=${key} class="chip is-given" href=${hashOf({ kind: 'devices', query: withPart(query, key, '') })}
        aria-label=${`no longer only ${key} ${query[key]}`}>${key} <b>${query[key]}</b> ×</a>`,
    );
}

/** The fields, as the query has them. */
export function Filters({ query }: { readonly query: ListQuery }) {
  const sort = query.sort ?? 'name';
  return html`<form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
    <input type="search" id="search" placeholder="Name, site, fleet or label" aria-label="Search devices" value=${query.text ?? ''}
      onInput=${(event: Event) => void search(query, (event.target as HTMLInputElement).value)} maxlength="200" />
    <div class="chips"><${Chips} query=${query} /><${Given} query=${query} /></div>
    <select aria-label="Order" value=${sort} onChange=${(event: Event) => address.set(hashOf({ kind: 'devices', query: withPart(query, 'sort', (event.target as HTMLSelectElement).value) }))}>
      ${Object.entries(sorts).map(([value, label]) => html`<option key=${value} value=${value} selected=${value === sort}>${label}</option>`)}
    </select>
  </form>`;
}
