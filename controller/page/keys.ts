/** Keys: Ctrl-K (⌘K) or `:` goes anywhere, `/` searches devices, `g` and then `f`, `d` or `s` opens a view. */
import { token } from './api.ts';
import { address, now } from './browser.ts';
import { isPaletteOpen } from './palette-view.ts';
import { hashOf, type ShownRoute } from './shown-route.ts';

const views: Readonly<Record<string, ShownRoute>> = {
  f: { kind: 'fleet' },
  d: { kind: 'devices', query: {} },
  s: { kind: 'sites' },
};

/** The second key of two comes soon after the first. */
const pairMsMax = 1_000;
let firstAt = 0;

function search(): void {
  const field = document.getElementById('search');
  if (field !== null) return field.focus();
  address.set(hashOf({ kind: 'devices', query: {} }));
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById('search')?.focus()));
}

function plainKey(key: string): boolean {
  const view = now() - firstAt < pairMsMax ? views[key] : undefined;
  firstAt = key === 'g' ? now() : 0;
  if (view !== undefined) address.set(hashOf(view));
  else if (key === '/') search();
  else if (key === ':') isPaletteOpen.value = true;
  else return false;
  return true;
}

function isTyping({ target }: KeyboardEvent): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
  );
}

/** Takes keys for as long as the page is there. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (token.peek() === undefined) return;
    const isPalette = event.key === 'k' && (event.ctrlKey || event.metaKey);
    if (isPalette) isPaletteOpen.value = true;
    else if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !plainKey(event.key)) return;
    event.preventDefault();
  });
}
