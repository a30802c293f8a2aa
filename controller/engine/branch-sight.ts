/**
 * Whether the branch was seen since the start to have what is in force here. Until then that is what the state has, which may be one
 * that was restored: devices may have seen deployments of newer commits, and none is taken back to an older one.
 */
import type { EngineEvent } from './events.ts';
import type { Image } from './image.ts';
import type { NameQueue } from './name-queue.ts';
import type { DeviceRecord } from './records.ts';

function hasSeenMore({ issued, gist }: DeviceRecord): boolean {
  return issued !== undefined && gist !== undefined && gist.highestSequence >= issued.sequence;
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

  /** Of what was written down: at the first sight, devices that have seen more than was issued here are thought over. */
  note(event: EngineEvent): void {
    const isSight = event.kind === 'adoption' || (event.kind === 'source' && event.source.state === 'current');
    if (this.#isSeen || !isSight) return;
    this.#isSeen = true;
    this.#toConsider.addList(this.#devices.keys(), (name) => !hasSeenMore(this.#devices.get(name)!));
  }
}
