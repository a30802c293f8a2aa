import { hash } from 'node:crypto';

/** The digest by which bytes are named in manifests, releases and deployments: SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}
