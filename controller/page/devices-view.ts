/** Devices by filters, as a list that has as many elements as are seen, however long it is. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { DeviceLine } from '../../schemas/generated/types.ts';
import { DeviceList, type ListQuery } from './device-list.ts';
import { html } from './html.ts';
import { Filters } from './list-filters.ts';
import { Age, Ahead, DeviceLink, Fault, StateMark } from './marks.ts';
import { onChanges } from './model.ts';
import { plural } from './quantities.ts';

/** In pixels; the style sheet has the same. */
const rowHeight = 44;
/** Rows above and below of what is seen. */
const margin = 12;

function Why({ line }: { readonly line: DeviceLine }) {
  const { reason, expectedContact, state } = line;
  const isAwaited = (state === 'dark' || line.connected === false) && expectedContact?.by !== undefined;
  return html`<span class="row-why">${reason.message}${isAwaited && html` <small>expected <${Ahead} time=${expectedContact.by!} /></small>`}</span>`;
}

function Row({ list, name, top, index }: { list: DeviceList; name: string; top: number; index: number }) {
  const line = list.line(name)?.value;
  if (line === undefined) return null;
  const place = [line.fleet, line.site].filter((part) => part !== undefined).join(' · ');
  return html`<li class=${`row${line.state === 'dark' ? ' is-dark' : ''}`} style=${{ top: `${top}px` }} data-device=${name} aria-posinset=${index + 1} aria-setsize=${list.total.peek() ?? -1}>
    <span class="row-name"><${DeviceLink} name=${name} /><small>${place}</small></span>
    <span class="row-state"><${StateMark} state=${line.state} connected=${line.connected} /><small><${Age} time=${line.contactAt} /></small></span>
    <span class="row-runs">${line.runs.join(', ')}</span>
    <${Why} line=${line} />
  </li>`;
}

/** Which part of the page is seen, in rows from the top of the list. */
const view = signal({ from: 0, to: 60 });

function look(element: HTMLElement): void {
  const above = -element.getBoundingClientRect().top;
  const from = Math.max(0, Math.floor(above / rowHeight) - margin);
  const to = from + Math.ceil(innerHeight / rowHeight) + 2 * margin;
  const before = view.peek();
  if (before.from !== from || before.to !== to) view.value = { from, to };
}

function Rows({ list }: { readonly list: DeviceList }) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const watch = (): void => {
      if (element.current !== null) look(element.current);
    };
    watch();
    addEventListener('scroll', watch, { passive: true });
    addEventListener('resize', watch);
    return () => {
      removeEventListener('scroll', watch);
      removeEventListener('resize', watch);
    };
  }, []);
  const { from, to } = view.value;
  const names = list.names.value;
  const total = list.total.value ?? 0;
  useEffect(() => void list.need(Math.min(to, total)), [list, to, total]);
  const shown = names
    .slice(from, to)
    .map(
      (name, at) =>
        html`<${Row} key=${name} list=${list} name=${name} index=${from + at} top=${(from + at) * rowHeight} />`,
    );
  return html`<ul class="rows" ref=${element} style=${{ height: `${total * rowHeight}px` }} aria-label="Devices">${shown}</ul>`;
}

function Total({ list }: { readonly list: DeviceList }) {
  const total = list.total.value;
  return html`<h1>${total === undefined ? 'Devices' : plural(total, 'device')}</h1>`;
}

/** The list that a query is for. */
export function DevicesView({ query }: { readonly query: ListQuery }) {
  const key = JSON.stringify(query);
  const list = useMemo(() => new DeviceList(query), [key]);
  useEffect(() => {
    void list.need(0);
    return onChanges((changed) => {
      const { from, to } = view.peek();
      void list.refresh(changed, list.names.peek().slice(from, to));
    });
  }, [list]);
  return html`<header class="list-head"><${Total} list=${list} /><${Filters} query=${query} /></header>
    <${Fault} text=${list.fault.value} /><${Rows} key=${key} list=${list} />`;
}
