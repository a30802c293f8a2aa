/**
 * Devices in trouble with their deployment try again later and later. When something was mended on shore, those that are
 * connected are told of it once more, which they take for a word that trying is of use again.
 */
import { isReference } from '../planning/observed.ts';
import { type Context, mayHear } from './context.ts';
import type { Draft } from './draft.ts';
import type { EngineEvent } from './events.ts';
import type { Image } from './image.ts';
import { oweWord } from './owed.ts';
import type { DeviceRecord } from './records.ts';

const devicesPerEvent = 256;

/** Whether the device has trouble on the way to what it was issued, which may be over when something on shore is mended. */
export function isInTrouble({ gist, issued }: DeviceRecord): boolean {
  if (gist?.problem === undefined || issued === undefined) return false;
  return isReference(gist.target, issued) || gist.highestSequence < issued.sequence;
}

/** What reminds all that are in trouble. */
export function* reminders({ inTrouble }: Pick<Image, 'inTrouble'>): Generator<EngineEvent> {
  const names = [...inTrouble];
  for (let at = 0; at < names.length; at += devicesPerEvent) {
    yield { kind: 'reminder', devices: names.slice(at, at + devicesPerEvent) };
  }
}

/** Tells these once more, if they would hear it. */
export function remind(draft: Draft, context: Context, devices: readonly string[]): void {
  for (const device of devices) {
    if (mayHear(context, device)) oweWord(draft, device, context.now);
  }
}
