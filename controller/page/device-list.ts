/**
 * The devices of a list, page by page as somebody gets there. Each has a signal of its own: what changes of one device repaints its
 * row and no other.
 */
import { type Signal, signal } from '@preact/signals';
import type { DeviceLine, DevicePage, StatusDocument } from '../../schemas/generated/types.ts';
import { AskFault, ask } from './api.ts';
import { lineOf } from './device-line.ts';

/** Of a page; the first is small, so that it is there at once. */
const firstLines = 100;
const pageLines = 1_000;
/** A list that one page holds is asked for whole when something in it changed, and so is in order again. */
const wholeMax = pageLines;
/** As many as the controller tells of by name in one answer. */
const namedMax = 100;

/** What a list is of: filters and the order, as the API has them. */
export type ListQuery = Readonly<Record<string, string>>;

export class DeviceList {
  readonly #query: ListQuery;
  readonly #lines = new Map<string, Signal<DeviceLine>>();
  #next: string | undefined;
  #isAsking = false;
  #needed = 0;

  /** Names in their order, as far as they were asked for. */
  readonly names = signal<readonly string[]>([]);
  /** Of all that the list is of; undefined before the first answer. */
  readonly total = signal<number | undefined>(undefined);
  readonly fault = signal<string | undefined>(undefined);

  constructor(query: ListQuery) {
    this.#query = query;
  }

  line(name: string): Signal<DeviceLine> | undefined {
    return this.#lines.get(name);
  }

  /** Has lines up to this one, as soon as they are answered. */
  async need(upTo: number): Promise<void> {
    this.#needed = Math.max(this.#needed, upTo);
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#hasMore()) await this.#nextPage();
      this.fault.value = undefined;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #hasMore(): boolean {
    if (this.total.peek() === undefined) return true;
    return this.names.peek().length < this.#needed && this.#next !== undefined;
  }

  #failed(error: unknown): void {
    if (!(error instanceof AskFault)) throw error;
    this.fault.value = error.message;
  }

  #ask(limit: number, cursor?: string): Promise<DevicePage> {
    const query = { ...this.#query, limit: String(limit), ...(cursor !== undefined && { cursor }) };
    return ask<DevicePage>(`devices?${new URLSearchParams(query)}`);
  }

  async #nextPage(): Promise<void> {
    const isFirst = this.total.peek() === undefined;
    const page = await this.#ask(isFirst ? firstLines : pageLines, isFirst ? undefined : this.#next);
    for (const line of page.items) this.#keep(line);
    this.#next = page.next;
    this.names.value = [...new Set([...this.names.peek(), ...page.items.map(({ name }) => name)])];
    this.total.value = page.total;
  }

  /** Says so to nobody where it is as it was. */
  #keep(line: DeviceLine): void {
    const known = this.#lines.get(line.name);
    if (known === undefined) this.#lines.set(line.name, signal(line));
    else if (JSON.stringify(known.peek()) !== JSON.stringify(line)) known.value = line;
  }

  /** Brings the list up to date: whole where that is one page, else those of `seen` that changed. */
  async refresh(changed: ReadonlySet<string> | 'all', seen: readonly string[]): Promise<void> {
    const total = this.total.peek();
    try {
      if (total === undefined) await this.need(0);
      else if (total <= wholeMax) await this.#refreshWhole();
      else await this.#refreshSome(seen.filter((name) => changed === 'all' || changed.has(name)));
      this.fault.value = undefined;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #refreshWhole(): Promise<void> {
    const page = await this.#ask(pageLines);
    for (const line of page.items) this.#keep(line);
    const names = page.items.map(({ name }) => name);
    this.#next = page.next;
    this.total.value = page.total;
    const before = this.names.peek();
    if (names.length !== before.length || names.some((name, at) => name !== before[at])) this.names.value = names;
  }

  async #refreshSome(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const devices = names.slice(0, namedMax).join(',');
    const { devices: answered } = await ask<StatusDocument>(`status?${new URLSearchParams({ devices })}`);
    for (const device of answered) this.#keep(lineOf(device));
  }
}
