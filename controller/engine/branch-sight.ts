/**
 * Whether the branch was seen since the start to have what is in force here. Until then that is what the state has, which may be one
 * that was restored: devices may have seen deployments of newer commits, and none is taken back to an older one.
 */
import { whyRefused } from '../planning/plan-device.ts';
import type { EngineEvent } from './events.ts';
import type { Image } from './image.ts';
import type { NameQueue } from './name-queue.ts';
import type { DeviceRecord } from './records.ts';

function refusesItsOwn({ issued, gist }: DeviceRecord): boolean {
  return issued !== undefined && gist !== undefined && whyRefused(issued, gist) !== undefined;
}

export class BranchSight {
  readonly #devices: Image['devices'];
  readonly #toConsider: NameQueue;
  #isSeen = false;

  constructor({ devices }: Pick<Image, 'devices'>, toConsider: NameQueue) {
    this.#devices = devices;
    this.#toConsider = toConsider;
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  /** Of what was written down: at the first sight, devices that refuse what they were issued here are thought over. */
  note(event: EngineEvent): void {
    const isSight = event.kind === 'adoption' || (event.kind === 'source' && event.source.state === 'current');
    if (this.#isSeen || !isSight) return;
    this.#isSeen = true;
    this.#toConsider.addList(this.#devices.keys(), (name) => !refusesItsOwn(this.#devices.get(name)!));
  }
}
