/** How far devices are with going back to what was good, when a rollout is reverted. */
import { type DeviceInRollout, progressOf } from './fate.ts';

/** Where one of them is. */
export type Return =
  /** It was not issued what was good yet. */
  | 'offered'
  /** It was heard since it was, and is not through with it. */
  | 'moving'
  /** It was not heard since. */
  | 'dark'
  /** It has the target and can be issued nothing else: held, or without a key. */
  | 'kept'
  /** It has the target, and what was good can't be drawn for it. */
  | 'undrawn';

/** How many are where; those that are back, and those that never left, are not counted. */
export type Returns = Readonly<Record<Return, number>>;

/** Of nobody. */
export const noReturns: Returns = { offered: 0, moving: 0, dark: 0, kept: 0, undrawn: 0 };

/** Where a device is on its way back; undefined of one that is not on any. */
export function returnOf({ on, isHeld, lacksGood, observed }: DeviceInRollout): Return | undefined {
  if (on === 'target' && isHeld) return 'kept';
  if (on === 'target') return lacksGood === true ? 'undrawn' : 'offered';
  if (on !== 'good' || isHeld) return undefined;
  const progress = progressOf(observed);
  switch (progress) {
    case 'unheard':
      return 'dark';
    case 'heard':
    case 'staged':
    case 'probation':
      return 'moving';
    case 'unissued':
    case 'settled':
    case 'back':
    case 'withheld':
    case 'down':
      return undefined;
    default:
      return progress satisfies never;
  }
}

function joined(parts: readonly (readonly [count: number, words: string])[]): string {
  return parts.flatMap(([count, words]) => (count === 0 ? [] : [`${count} ${words}`])).join(', ');
}

/** Who is still waited for. */
export function returningText({ offered, moving, dark }: Returns): string {
  const parts = [
    [offered, 'still to be issued it'],
    [moving, 'on the way'],
    [dark, 'not heard since they were issued it'],
  ] as const;
  return `devices go back to what was good: ${joined(parts)}`;
}

/** How it ended; `names` are the first of those that what was good can't be drawn for. */
export function returnedText({ dark, kept, undrawn }: Returns, names: readonly string[]): string {
  const all = `all its ${undrawn === 0 ? '' : 'other '}devices${dark === 0 ? '' : ' that were heard'}`;
  const more = undrawn > names.length ? ' and others' : '';
  const others = joined([
    [dark, 'not heard since they were issued it'],
    [kept, 'held with what they have, or without a key'],
    [undrawn, `that what was good can not be drawn for, with what they have: ${names.join(', ')}${more}`],
  ]);
  return `${all} are back at what was good${others === '' ? '' : `; ${others}`}`;
}
