import type { Device } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from './desired.ts';

/** What does not stand in a device's own manifest. */
export type DeviceTerms = Pick<DesiredDevice, 'darkAfterSeconds' | 'template' | 'fleet' | 'pinned'>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const noLabels = {};

/** What a device's manifest and its terms come to. */
export function drawDevice({ metadata, spec }: Device, terms: DeviceTerms): DesiredDevice {
  // Spreading what may be absent into it would cost more than all the rest: there is one for every device.
  const drawn: Mutable<DesiredDevice> = {
    name: metadata.name,
    labels: metadata.labels ?? noLabels,
    darkAfterSeconds: terms.darkAfterSeconds,
    template: terms.template,
  };
  if (spec.site !== undefined) drawn.site = spec.site;
  if (terms.fleet !== undefined) drawn.fleet = terms.fleet;
  if (spec.idle === true) drawn.idle = true;
  if (spec.hold !== undefined) drawn.hold = spec.hold;
  if (terms.pinned !== undefined) drawn.pinned = terms.pinned;
  if (spec.keyFingerprint !== undefined) drawn.keyFingerprint = spec.keyFingerprint;
  return drawn;
}
