/** Who is at the other end of a TLS connection, judged by the certificate it showed. */
import type { TLSSocket } from 'node:tls';
import { type CertificateIdentity, certificateIdentity } from '../../../../schemas/certificate-identity.ts';
import type { AuthorizationRefusal } from '../../../authority/authorization.ts';
import { outdated } from '../../../authority/outdated-certificate.ts';

/** A device of our authority, or why not and what it claimed. */
export type PeerVerdict =
  | {
      readonly kind: 'device';
      readonly device: string;
      readonly keyFingerprint: string;
      readonly certificateEndsAt: number;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: AuthorizationRefusal;
      readonly claim: { readonly device?: string; readonly keyFingerprint?: string };
    };

/** No name in git is longer. */
const nameCharactersMax = 63;

/** `undefined` where the certificate cannot be read, for anybody may send any. */
function readIdentity(der: Uint8Array): CertificateIdentity | undefined {
  try {
    return certificateIdentity(der);
  } catch {
    return undefined;
  }
}

function refused(code: string, message: string, claim: CertificateIdentity | undefined): PeerVerdict {
  const { commonName, keyFingerprint } = claim ?? {};
  return {
    kind: 'refused',
    refusal: { code, message },
    claim: {
      ...(commonName === undefined ? {} : { device: commonName.slice(0, nameCharactersMax) }),
      ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
    },
  };
}

/** Judges the chain and the name. Whether git names the device is asked later, again and again. */
export function judgePeer(socket: TLSSocket, now: number): PeerVerdict {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return refused('CERTIFICATE_MISSING', 'the client showed no certificate', undefined);
  const claim = readIdentity(certificate.raw);
  if (!socket.authorized) {
    const reason = String(socket.authorizationError);
    const late = /CERT_(HAS_EXPIRED|NOT_YET_VALID)/.test(reason) && claim && outdated(claim, now);
    if (late) return refused(late.code, late.message, claim);
    return refused('CERTIFICATE_UNTRUSTED', `the certificate is not one of this authority: ${reason}`, claim);
  }
  if (claim?.commonName === undefined) {
    return refused('CERTIFICATE_UNTRUSTED', 'the certificate has not exactly one common name', claim);
  }
  const { commonName: device, keyFingerprint, endsAt: certificateEndsAt } = claim;
  return { kind: 'device', device, keyFingerprint, certificateEndsAt };
}
