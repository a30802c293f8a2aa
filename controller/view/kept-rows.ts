/** What the controller decides by, as it keeps it: for a simulation that goes on from there. */
import type { KeptRow } from '../../schemas/generated/types.ts';
import { type Context, laterContact } from '../engine/context.ts';
import type { Image } from '../engine/image.ts';
import { owedKinds, type Write } from '../engine/records.ts';
import { encodeWrite } from '../engine/rows.ts';

function* ofFleet(image: Image, fleet: string): Generator<Write> {
  const rollout = image.rollout(fleet);
  const definition = image.goodDefinition(fleet);
  const rollouts = image.finishedRollouts(fleet);
  if (rollout !== undefined) yield { kind: 'rollout', fleet, rollout };
  if (definition !== undefined) yield { kind: 'definition', fleet, definition };
  if (rollouts.length > 0) yield { kind: 'finished', fleet, rollouts };
}

function* ofDevice(image: Image, { heard, now }: Context, name: string): Generator<Write> {
  const record = image.devices.get(name);
  if (record === undefined) return;
  const contactAt = laterContact(heard.get(name), record.contactAt, now);
  yield { kind: 'device', name, record: contactAt === undefined ? record : { ...record, contactAt } };
  for (const kind of owedKinds) {
    const owed = image.owed(kind, name);
    if (owed !== undefined) yield { kind: 'owed', owed, settled: false };
  }
}

/** The rows of these fleets and devices, without the documents of devices. */
export function keptRows(
  { image, context }: { readonly image: Image; readonly context: Context },
  fleets: readonly string[],
  devices: readonly string[],
): KeptRow[] {
  const { forgotten } = image;
  const writes: Write[] = [
    ...(fleets.length === 0 ? [] : [{ kind: 'forgotten', forgotten } as const]),
    ...fleets.flatMap((fleet) => [...ofFleet(image, fleet)]),
    ...devices.flatMap((device) => [...ofDevice(image, context, device)]),
  ];
  return writes.flatMap((write) => {
    const { room, key, value } = encodeWrite(write);
    return value === undefined ? [] : [{ room, key, value }];
  });
}
