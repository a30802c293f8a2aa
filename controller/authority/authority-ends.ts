import { X509Certificate } from 'node:crypto';
import type { End } from '../expiry/end.ts';

const dayMs = 86_400_000;

const consequence = 'no device and no command connects any more';

/** When a certificate (PEM) ends, in milliseconds since the epoch. */
export function expiryOf(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

/** When an authority's certificate (PEM) ends: nothing renews it. */
export function authorityEnd(pem: string): End {
  const remedy =
    'Make another in good time, with `fleet controller new-authority`, and enrol each device again with its ca.pem';
  return { kind: 'authority', subject: "the authority's certificate", expiresAt: expiryOf(pem), consequence, remedy };
}

/** When the controller's certificate (PEM) ends, which is renewed so many days before. */
export function serverEnd(pem: string, renewedDaysBefore: number): End {
  const expiresAt = expiryOf(pem);
  const remedy = 'The controller renews it by itself every night: start it again, and look into its log';
  const renewedAt = expiresAt - renewedDaysBefore * dayMs;
  return { kind: 'server', subject: "the controller's certificate", expiresAt, renewedAt, consequence, remedy };
}
