/** Power cuts while updates come over a link: after each the device runs what it ran before or what it was given, and soon. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../end-to-end/processes.ts';
import { runs } from './lead-over-link.ts';
import type { Link } from './links.ts';
import { openScene, type Scene } from './scene.ts';
import { Timetable } from './timetable.ts';

/** What became of a device whose power goes again and again. */
export interface Cuts {
  readonly link: string;
  readonly cuts: number;
  /** Updates that were there for good meanwhile. */
  readonly updates: number;
  /** Of each cut, from power to the application's first line. */
  readonly darkMs: readonly number[];
  /** What must not be, for people. */
  readonly violations: readonly string[];
}

/** An application that is not there by then is not there. */
const darkMsMax = 60_000;
/** How long there is power: an update needs more than one of these. */
const powerMsMax = 10_000;
const readyMsMax = 180_000;

/** A device and what it is given, one update after the other. */
class Series {
  readonly #link: Link;
  readonly #scene: Scene;
  readonly #darkMs: number[] = [];
  readonly #violations: string[] = [];
  #updates = 0;
  #sequence: number;

  constructor(link: Link, scene: Scene, sequence: number) {
    this.#link = link;
    this.#scene = scene;
    this.#sequence = sequence;
  }

  get outcome(): Omit<Cuts, 'cuts'> {
    return { link: this.#link.name, updates: this.#updates, darkMs: this.#darkMs, violations: this.#violations };
  }

  /** A release more, where the last one is there. */
  async give(): Promise<void> {
    const { world } = this.#scene;
    if (!this.#isThere()) return;
    this.#updates += 1;
    const revision = await world.release(this.#link.freshBytes, `1.2.${this.#updates}`);
    this.#sequence = await eventually('the next release', readyMsMax, () => world.issued(revision));
  }

  #isThere(): boolean {
    return runs(this.#scene.world.truth()?.report ?? {}, this.#sequence);
  }

  /** Power, for a while, and none. */
  async live(cut: number): Promise<void> {
    const { world } = this.#scene;
    const sinceMs = await world.startAgent();
    const at = await eventually('a line', darkMsMax, () => world.firstLineMs(sinceMs)).catch(() => undefined);
    if (at === undefined) this.#violations.push(`cut ${cut}: no application for ${darkMsMax / 1000} s`);
    else this.#darkMs.push(at - sinceMs);
    await sleep(Math.random() * powerMsMax);
    this.#judge(cut);
    await world.killAgent();
  }

  /** It runs the last deployment, or the one before. */
  #judge(cut: number): void {
    const sequence = this.#scene.world.truth()?.report.running?.sequence;
    if (sequence === this.#sequence || sequence === this.#sequence - 1) return;
    this.#violations.push(`cut ${cut}: it runs deployment ${sequence ?? 'none'}, and was given ${this.#sequence}`);
  }

  /** With power for good the last one comes. */
  async heal(): Promise<void> {
    const { world } = this.#scene;
    await world.startAgent();
    const isThere = await eventually('the last', this.#link.waitMs, () => this.#isThere() || undefined).catch(
      () => false,
    );
    if (!isThere) this.#violations.push(`with power for good deployment ${this.#sequence} did not come`);
  }
}

/** Cuts the power so often, in a process that was started by `ownNetwork`; what it needs lies below `directory`. */
export async function cutOverLink(link: Link, cuts: number, directory: string): Promise<Cuts> {
  await using stage = await openScene(link, directory);
  const { program, world } = stage.scene;
  await world.startAgent();
  const told = await eventually('the first release', readyMsMax, async () => {
    const status = await world.told();
    return status?.state === 'running' ? status : undefined;
  });
  await world.killAgent();
  program.become(link.lane);
  const timetable = new Timetable(link, program, world);
  const series = new Series(link, stage.scene, told.desired?.sequence ?? 0);
  for (let cut = 1; cut <= cuts; cut++) {
    await series.give();
    await series.live(cut);
  }
  await series.heal();
  await timetable.stop();
  return { cuts, ...series.outcome };
}
