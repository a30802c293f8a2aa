import type { DeviceEvent } from '../../schemas/generated/types.ts';

/** When a device itself wrote something down, by its own time, behind what it says; empty where the shore alone tells it. */
export function ownTimeWords({ deviceAt, boot }: Pick<DeviceEvent, 'deviceAt' | 'boot'>): string {
  if (deviceAt === undefined) return '';
  const start = boot === undefined ? '' : `, in start ${boot} of its agent`;
  return ` (its own time ${deviceAt.slice(0, 19)}Z${start})`;
}
