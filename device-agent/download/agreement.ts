/** What signed releases have to say of a deployment before anything of it is brought. */
import { TrustError } from '../../artifact/trust/error.ts';
import type { Deployment, LinkedModule } from '../../schemas/generated/types.ts';
import { judgeEnvelope } from '../courier/judge-envelope.ts';
import { DownloadError } from './download-error.ts';
import type { ReleaseMetadata } from './metadata.ts';

/** The path under which releases are signed. */
export function targetPath({ name, version }: LinkedModule): string {
  return `${name}/${version}.wasm`;
}

/** Refuses a module that the signed releases do not know as the deployment has it. */
export function requireAgreement(metadata: ReleaseMetadata, module: LinkedModule): void {
  const path = targetPath(module);
  const target = metadata.target(path);
  if (target === undefined) throw new DownloadError('RELEASE_UNSIGNED', `no release key signed ${path}`);
  if (target.sha256 !== module.sha256 || target.length !== module.length) {
    const asked = `${module.sha256.slice(0, 12)} of ${module.length} bytes`;
    const signed = `${target.sha256.slice(0, 12)} of ${target.length} bytes`;
    throw new DownloadError('RELEASE_MISMATCH', `the deployment wants ${path} as ${asked}, signed is ${signed}`);
  }
}

/** Brings the newest metadata. What stops everything installs nothing new: for that, expired metadata is as good as any. */
export async function refresh(metadata: ReleaseMetadata, paths: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await metadata.refresh(paths, signal);
  } catch (error) {
    const isExpiry = error instanceof TrustError && error.code === 'EXPIRED';
    if (!isExpiry || paths.length > 0) throw error;
  }
}

/** Refuses a deployment whose signer is not named any more: the key was revoked after the deployment had been accepted. */
export function requireSigner(metadata: ReleaseMetadata, envelope: string, { device, sequence }: Deployment): void {
  const judgement = judgeEnvelope(envelope, metadata.deploymentKeys(), device);
  if (judgement.kind === 'genuine') return;
  const { message } = judgement.problem;
  throw new DownloadError('DEPLOYMENT_REVOKED', `deployment ${sequence} was accepted once, and is no more: ${message}`);
}
