/** A device as a line of a list. */
import type { DeviceLine, DeviceStatus } from '../../schemas/generated/types.ts';

/** What a list shows of all that is known of a device. */
export function lineOf(status: DeviceStatus): DeviceLine {
  const { name, site, fleet, wave, labels, state, reason, connected, contactAt, expectedContact, report } = status;
  return {
    ...{ name, labels, state, reason },
    ...(site !== undefined && { site }),
    ...(fleet !== undefined && { fleet }),
    ...(wave !== undefined && { wave }),
    ...(connected !== undefined && { connected }),
    ...(contactAt !== undefined && { contactAt }),
    ...(expectedContact !== undefined && { expectedContact }),
    ...(report?.phase !== undefined && { phase: report.phase }),
    ...(status.desired !== undefined && { revision: status.desired.revision }),
    runs: (report?.applications ?? []).map((application) => `${application.name}/${application.version}`),
  };
}
