import type { ApplicationUsage, DeployedApplication } from '../../../schemas/generated/types.ts';
import type { Usage } from '../protocol.ts';

/** What an application keeps on the disk against what it may, as reports say it. */
export function keptUsage(
  { data, kv }: Pick<DeployedApplication, 'data' | 'kv'>,
  { dataBytes, kvBytes }: Usage,
): Pick<ApplicationUsage, 'data' | 'kv'> {
  return {
    ...(data === undefined || dataBytes === undefined ? {} : { data: { bytes: dataBytes, bytesMax: data.bytesMax } }),
    ...(kv === undefined || kvBytes === undefined ? {} : { kv: { bytes: kvBytes, bytesMax: kv.bytesMax } }),
  };
}
