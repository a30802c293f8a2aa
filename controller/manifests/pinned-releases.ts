/** Devices whose hold names releases, of which they run these and not those of their fleet: who they are, and what is wrong with it. */
import type { Device, Fleet } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import type { MapDraft } from './map-draft.ts';
import { hint } from './nearest-name.ts';
import type { PersistentMap } from './persistent-map.ts';
import { checkRelease, releaseKey } from './references.ts';
import { mayHideFleet } from './selection-warnings.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** Remembers which releases a device is held at; undefined is one that is gone. */
export function notePins(pins: MapDraft<readonly string[]>, name: string, device: Device | undefined): void {
  const { releases } = device?.spec.hold ?? {};
  if (releases !== undefined)
    pins.set(
      name,
      Object.entries(releases).map(([application, version]) => releaseKey(application, version)),
    );
  else if (pins.get(name) !== undefined) pins.delete(name);
}

/** Hands on the devices that are held at one of these releases. */
export function pinnedTo(
  pins: PersistentMap<readonly string[]>,
  releases: ReadonlySet<string>,
  use: (device: string) => void,
): Steps<void> {
  return forEachInSteps(releases.size === 0 ? [] : pins, ([device, keys]) => {
    if (keys.some((key) => releases.has(key))) use(device);
  });
}

/** Reports releases that there are not, and those of applications that the device does not run. */
export function checkPins(draft: Draft, fleet: Fleet | undefined, { metadata: { name }, spec }: Device): void {
  const running = fleet?.spec.applications.map((wanted) => wanted.name) ?? [];
  for (const [application, version] of Object.entries(spec.hold?.releases ?? {})) {
    const place = (part: 'key' | 'value') =>
      placeIn(draft, `Device/${name}`, ['spec', 'hold', 'releases', application], part);
    if (running.includes(application)) checkRelease(draft, () => place('value'), application, version);
    else if (fleet !== undefined || !mayHideFleet(draft))
      draft.findings.add(place('key'), 'PIN_NOT_RUN', notRun(application, fleet, running));
  }
}

function notRun(application: string, fleet: Fleet | undefined, running: readonly string[]): string {
  const why =
    fleet === undefined
      ? 'no fleet selects the device'
      : `its fleet ${fleet.metadata.name} does not run ${application}; ${hint(application, running, 'application in it')}`;
  return `a hold pins releases of what the device runs, and ${why}; take it out of spec.hold.releases, or have its fleet run it`;
}
