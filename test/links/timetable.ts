import type { LinkProgram } from './link-program.ts';
import type { Link } from './links.ts';
import type { ShoreAndDevice } from './shore-and-device.ts';

/** The link goes up and down, and with it, where that is so, the device. */
export class Timetable {
  readonly #link: Link;
  readonly #program: LinkProgram;
  readonly #world: ShoreAndDevice;
  #contacts = 1;
  #timer: NodeJS.Timeout | undefined;
  #turning: Promise<void> = Promise.resolve();

  constructor(link: Link, program: LinkProgram, world: ShoreAndDevice) {
    this.#link = link;
    this.#program = program;
    this.#world = world;
    if (link.contacts !== undefined) this.#after(link.contacts.upMs, () => this.#fall(link.contacts!));
  }

  get contacts(): number {
    return this.#contacts;
  }

  #after(ms: number, turn: () => Promise<void>): void {
    this.#timer = setTimeout(() => {
      this.#turning = turn();
    }, ms);
  }

  async #fall({ upMs, darkMs }: { readonly upMs: number; readonly darkMs: number }): Promise<void> {
    this.#program.set(false);
    this.#after(darkMs, () => this.#rise({ upMs, darkMs }));
    if (this.#link.isPower) await this.#world.killAgent();
  }

  async #rise({ upMs, darkMs }: { readonly upMs: number; readonly darkMs: number }): Promise<void> {
    this.#contacts += 1;
    this.#after(upMs, () => this.#fall({ upMs, darkMs }));
    this.#program.set(true);
    if (this.#link.isPower) await this.#world.startAgent();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#turning;
  }
}
