/** The command palette: goes anywhere from the keyboard. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { address } from './browser.ts';
import { html } from './html.ts';
import { summary } from './model.ts';
import { type Command, commandsFor } from './palette.ts';

/** Whether it is there. */
export const isPaletteOpen = signal(false);

function go({ href }: Command): void {
  isPaletteOpen.value = false;
  address.set(href);
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

function Open() {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const commands = commandsFor(typed, summary.value);
  const chosen = Math.min(at, commands.length - 1);
  const onKey = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    if (step !== undefined) setAt((chosen + step + commands.length) % commands.length);
    else if (commands[chosen] !== undefined) go(commands[chosen]);
  };
  const rows = commands.map(
    (command, index) =>
      html`<li key=${command.href} id=${`command-${index}`} role="option" aria-selected=${index === chosen} onClick=${() => go(command)}>${command.label}</li>`,
  );
  return html`<dialog class="palette" ref=${dialog} aria-label="Go to" onClose=${() => (isPaletteOpen.value = false)}>
    <input role="combobox" aria-expanded="true" aria-controls="commands" aria-activedescendant=${`command-${chosen}`} aria-label="Go to" placeholder="Go to, or search devices"
      value=${typed} onInput=${(event: Event) => setTyped((event.target as HTMLInputElement).value)} onKeyDown=${onKey} maxlength="200" />
    <ul id="commands" role="listbox" aria-label="Commands">${rows}</ul></dialog>`;
}

/** The palette, where it is open. */
export function Palette() {
  return isPaletteOpen.value ? html`<${Open} />` : null;
}
