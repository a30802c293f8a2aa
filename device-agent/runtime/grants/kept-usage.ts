import type { ApplicationUsage, DeployedApplication } from '../../../schemas/generated/types.ts';
import type { Usage } from '../protocol.ts';

/** What an application keeps on the disk against what it may, as reports say it. */
export function keptUsage(
  { data }: Pick<DeployedApplication, 'data'>,
  { dataBytes }: Usage,
): Pick<ApplicationUsage, 'data'> {
  if (data === undefined || dataBytes === undefined) return {};
  return { data: { bytes: dataBytes, bytesMax: data.bytesMax } };
}
