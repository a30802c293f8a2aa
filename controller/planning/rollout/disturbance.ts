/**
 * Whether a device has to stop anything for what it is issued. Applications that are the same before and after go on untouched, so
 * what says only when and under which conditions a device may change takes no place in a budget.
 */
import { sha256Hex } from '../../../schemas/sha256.ts';
import { canonicalJson } from '../../manifests/canonical-json.ts';
import type { DeviceTemplate } from '../../manifests/desired.ts';
import type { ObservedDevice } from '../observed.ts';
import { tookAnother } from '../plan-device.ts';
import { progressOf } from './fate.ts';

/** Hexadecimal digits that tell what one device runs from what it ran before. */
const workDigits = 16;

/** By template: devices of a fleet share what they are to run. */
const works = new WeakMap<DeviceTemplate, string>();

/** What of a template runs: equal texts, and nothing is stopped or started between the two. */
export function workOf(template: DeviceTemplate): string {
  const known = works.get(template) ?? sha256Hex(canonicalJson(template.applications)).slice(0, workDigits);
  works.set(template, known);
  return known;
}

/**
 * Whether all that it runs goes on under this template, drawn by the same definition as what it was issued. Not so of one that gave up
 * what it was issued, and would try it again.
 */
export function goesOnUnder(
  observed: ObservedDevice,
  template: DeviceTemplate,
  definition: string | undefined,
): boolean {
  const { issued } = observed;
  if (issued === undefined || issued.work !== workOf(template) || issued.definition !== definition) return false;
  return !tookAnother(observed) && progressOf(observed) === 'settled';
}
