/** Whether a bundle may be installed here and now, by its lease. */
import { bundlePayloadType, openEnvelope } from '../../artifact/trust/dsse.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import { leaseDaysMax } from '../../schemas/bundle-file.ts';
import type { BundledDeployment } from '../../schemas/generated/types.ts';
import { DownloadError } from '../download/download-error.ts';
import type { Bundle } from './open-bundle.ts';

const dayMs = 86_400_000;

/** What it has for a device; refuses one that has nothing. */
export function deploymentFor({ path, statement }: Bundle, device: string): BundledDeployment {
  const mine = statement.deployments.find((one) => one.device === device);
  if (mine !== undefined) return mine;
  const others = statement.deployments.slice(0, 3).map((one) => one.device);
  const more = statement.deployments.length - others.length;
  const whose = `${others.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  throw new DownloadError('BUNDLE_FOREIGN', `${path} is for ${whose}; this is ${device}`);
}

/** Refuses one that is over at this time, or would be installed for longer than any may. */
export function requireInTime({ path, statement }: Bundle, nowMs: number): void {
  const { issuedAt, notAfter } = statement;
  const now = new Date(nowMs).toISOString();
  if (!(nowMs < Date.parse(notAfter))) {
    const message = `${path} might be installed until ${notAfter}, and by the time of this device it is ${now}`;
    throw new DownloadError('BUNDLE_STALE', message);
  }
  if (Date.parse(notAfter) - Date.parse(issuedAt) > leaseDaysMax * dayMs)
    throw new DownloadError('BUNDLE_UNTRUSTED', `${path} claims to be good for more than ${leaseDaysMax} days`);
}

/** Refuses one whose lease nobody signed who may sign deployments. */
export function requireSigned({ path, lease }: Bundle, keys: readonly PublicKey[]): void {
  try {
    openEnvelope(lease, bundlePayloadType, keys, 1);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new DownloadError('BUNDLE_UNTRUSTED', `${path} is not signed as it must be: ${error.message}`);
  }
}
