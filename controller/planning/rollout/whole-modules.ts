/** Who may take modules whole where a fleet asks first: devices stay at what they run until somebody lets them. */
import type { IssuedDeployment, ReportGist } from '../observed.ts';
import type { RolloutPolicy } from './policy.ts';
import { type Rollout, type RolloutAct, withEvent } from './rollout.ts';

/** Devices that are let one by one in one rollout; who lets more lets all. */
export const wholeForMax = 500;

/** Whether somebody let this device, in this rollout. */
export function mayGoWhole({ wholeFor = [] }: Rollout, device: string): boolean {
  return wholeFor === 'all' || wholeFor.includes(device);
}

/** Whether a device says of what it was issued that it has no delta to it and was told to ask. */
export function asksForWhole({ sequence, mayGoWhole: may }: IssuedDeployment, report: ReportGist | undefined): boolean {
  const { problem } = report ?? {};
  return may !== true && problem?.code === 'WHOLE_MODULE_ASKED' && problem.sequence === sequence;
}

/** Why nobody can be let; undefined where devices ask. */
export function whyNotAsked({ fleet }: Rollout, { bytes }: RolloutPolicy): string | undefined {
  const terms = bytes?.wholeModules ?? 'allow';
  switch (terms) {
    case 'ask':
      return undefined;
    case 'never':
      return `fleet ${fleet} has rollout.bytes.wholeModules: never, so that none of its devices asks; commit ask, or allow`;
    case 'allow':
      return `devices of fleet ${fleet} take modules whole without asking: it has not rollout.bytes.wholeModules: ask`;
    default:
      return terms satisfies never;
  }
}

/** Who lets whom, and why; all that ask where it names none. */
export interface Letting extends Pick<RolloutAct, 'who' | 'why'> {
  readonly device?: string;
}

/** Why it changes nothing; undefined when it does. */
export function whyNotLet({ wholeFor = [] }: Rollout, { device }: Letting): string | undefined {
  if (wholeFor === 'all') return 'all its devices may take modules whole already';
  if (device === undefined) return undefined;
  if (wholeFor.includes(device)) return `${device} may take modules whole already`;
  if (wholeFor.length < wholeForMax) return undefined;
  return `${wholeForMax} devices were let one by one in this rollout, and no more are kept; let all of them`;
}

/** Somebody lets a device, or all of them, until the next rollout begins. */
export function withWhole(rollout: Rollout, { device, who, why }: Letting, now: number): Rollout {
  const message = `${who} lets ${device ?? 'devices that ask'} take modules whole${why === '' ? '' : `: ${why}`}`;
  const wholeFor = device === undefined ? 'all' : [...(rollout.wholeFor ?? []), device];
  return withEvent({ ...rollout, wholeFor }, now, { code: 'WHOLE_ALLOWED', message });
}
