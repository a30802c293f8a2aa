/** What is shown of a device as it is known, beside where it stands. */
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { heardAt } from './heard.ts';
import { momentOf } from './moments.ts';
import type { DescribedDevice } from './observed.ts';

/** That part of its status. */
export function factsOf(
  name: string,
  observed: DescribedDevice,
  now: number,
): Pick<DeviceStatus, 'name' | 'events'> & Partial<DeviceStatus> {
  const { issued, report, connected, linkSince, address, carried, takeovers, events, silences } = observed;
  const contactAt = heardAt(observed, now);
  return {
    name,
    ...(connected === undefined ? {} : { connected }),
    ...(linkSince === undefined ? {} : { linkSince: momentOf(linkSince) }),
    ...(address === undefined ? {} : { address }),
    ...(carried === undefined ? {} : { carried: { at: momentOf(carried.at), by: carried.by } }),
    ...(takeovers === undefined
      ? {}
      : {
          takeovers: {
            ...takeovers,
            since: momentOf(takeovers.since),
            at: momentOf(takeovers.at),
            addresses: [...takeovers.addresses],
          },
        }),
    ...(contactAt === undefined ? {} : { contactAt: momentOf(contactAt) }),
    ...(silences === undefined || silences === '' ? {} : { silences }),
    ...(issued === undefined
      ? {}
      : {
          desired: {
            sequence: issued.sequence,
            revision: issued.revision,
            issuedAt: momentOf(issued.issuedAt),
            applications: [...issued.applications],
            ...(issued.signedBy === undefined ? {} : { signedBy: issued.signedBy }),
            ...(issued.definition === undefined ? {} : { definition: issued.definition }),
          },
        }),
    ...(report === undefined ? {} : { report }),
    events: [...events],
  };
}
