/** What a device runs that is held at releases: what its fleet completed last, with those in their place, so that no hold is a way round waves. */
import type { Reason } from '../../../schemas/generated/types.ts';
import { definitionOf, type FleetDefinition, pinnedDefinition } from '../../manifests/definition.ts';
import type { DesiredDevice, DesiredFleet, DeviceTemplate } from '../../manifests/desired.ts';
import { templateUnder } from '../../manifests/render-template.ts';
import { goodNotThere } from './releases-gone.ts';
import type { Rollout } from './rollout.ts';

/** What it is drawn by. */
export interface PinnedBy {
  readonly wanted: DesiredFleet;
  readonly rollout: Pick<Rollout, 'state' | 'fleet'>;
  readonly good?: FleetDefinition;
}

/** With the hash of the definition; or why there is nothing, or nothing that could be had. */
export type PinnedWork =
  | { readonly kind: 'drawn'; readonly template: DeviceTemplate; readonly definition: string }
  | { readonly kind: 'none'; readonly reason: Reason };

function none(code: string, message: string): PinnedWork {
  return { kind: 'none', reason: { code, message } };
}

/** Draws it; `issued` is the hash of what the device has. */
export function drawPinned(
  { wanted, rollout, good }: PinnedBy,
  { name, hold }: DesiredDevice,
  issued: string | undefined,
): PinnedWork {
  const base = good ?? (rollout.state === 'done' ? definitionOf(wanted, rollout.fleet) : undefined);
  if (base === undefined)
    return none('HELD', 'it is held at releases of what its fleet completed last, which has completed nothing yet');
  const definition = pinnedDefinition(base, hold?.releases ?? {}, wanted.catalogue);
  const template = templateUnder(wanted, definition, name);
  if (template === undefined)
    return none(
      'GOOD_NOT_DRAWN',
      'what its fleet completed last can not be drawn for it: its manifest or its site lacks a value',
    );
  const reason = template.hash === issued ? undefined : goodNotThere(wanted.catalogue, definition);
  return reason === undefined ? { kind: 'drawn', template, definition: definition.hash } : { kind: 'none', reason };
}
