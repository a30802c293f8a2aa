import type { DeployedApplication } from '../../schemas/generated/types.ts';
import type { ApplicationTerms } from './definition.ts';
import { bytesOf } from './quantity.ts';

type GrantedTerms = Pick<DeployedApplication, 'data' | 'tmp' | 'kv' | 'facts' | 'machine' | 'allowedOutboundHosts'>;

/** Schema defaults, for what a grant does not say. */
const dataDefaults = { quota: '16MiB', files: 1000 };
const tmpDefaults = { quota: '4MiB', files: 100 };
const kvDefaults = { quota: '1MiB' };

function directory({ quota, files }: { readonly quota: string; readonly files: number }) {
  return { bytesMax: bytesOf(quota), entriesMax: files };
}

/** What a manifest grants its application, in the deployment's terms; what it does not grant is not named. */
export function grantedTerms(spec: ApplicationTerms): GrantedTerms {
  const { data, tmp, kv, facts, machine, allowedOutboundHosts } = spec;
  return {
    ...(data === undefined ? {} : { data: directory({ ...dataDefaults, ...data }) }),
    ...(tmp === undefined ? {} : { tmp: directory({ ...tmpDefaults, ...tmp }) }),
    ...(kv === undefined ? {} : { kv: { bytesMax: bytesOf(kv.quota ?? kvDefaults.quota) } }),
    ...(machine === undefined ? {} : { machine }),
    ...(allowedOutboundHosts === undefined ? {} : { allowedOutboundHosts }),
    ...(facts === undefined
      ? {}
      : { facts: Object.fromEntries(Object.entries(facts).map(([name, { type }]) => [name, type])) }),
  };
}
