/** Which device a certificate is of. A device's is made for clients: where it answers, this stands in for the rules of servers. */
import { X509Certificate } from 'node:crypto';
import { commonNameOf } from '../../schemas/certificate-identity.ts';

/** As the contract has names of devices; the controller's own name is none. */
const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function untrusted(why: string): Error {
  return Object.assign(new Error(`it shows ${why}`), { code: 'ERR_TLS_NO_DEVICE' });
}

/** Each certificate of a file in PEM. */
function authoritiesOf(pem: string): readonly X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (text) => new X509Certificate(text),
  );
}

/** Whether one of these authorities (PEM) gave a certificate, whenever that counts. */
export function isGivenBy(certificate: X509Certificate, authorities: string): boolean {
  const isOf = (one: X509Certificate): boolean =>
    one.ca && certificate.checkIssued(one) && certificate.verify(one.publicKey);
  return authoritiesOf(authorities).some(isOf);
}

/** The device that a certificate names, if one of these authorities gave it, whenever it counts; throws why it is none. */
export function deviceNamedBy(certificate: X509Certificate | undefined, authorities: string): string {
  if (certificate === undefined) throw untrusted('no certificate');
  if (!isGivenBy(certificate, authorities)) throw untrusted('a certificate of another authority');
  const name = commonNameOf(certificate);
  if (name === undefined || !namePattern.test(name)) throw untrusted('the certificate of no device');
  return name;
}

/** The same, if it counts now. */
export function deviceOf(certificate: X509Certificate | undefined, authorities: string, nowMs: number): string {
  const name = deviceNamedBy(certificate, authorities);
  const { validFromDate, validToDate, validFrom, validTo } = certificate as X509Certificate;
  if (nowMs < validFromDate.getTime() || nowMs > validToDate.getTime())
    throw untrusted(`a certificate that does not count by the clock here, from ${validFrom} to ${validTo}`);
  return name;
}
