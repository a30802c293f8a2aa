import type { ClockDoubt } from './generated/types.ts';

/** How a device's clock is wrong, and how sure that is, after its name. */
export function clockWords({ stands, by }: ClockDoubt): string {
  if (by === 'signed')
    return 'its clock stands before the time of something signed that it trusts, and it knows no better';
  return stands === 'behind'
    ? "its clock is behind the controller's"
    : "its clock is ahead of the controller's: what has expired by it is not installed";
}
