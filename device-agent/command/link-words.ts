import { asksWords } from '../../schemas/asks-words.ts';
import type { AgentStatus } from '../report/status-file.ts';
import type { LinkTroubleKind } from '../transport/link-trouble.ts';

/** What each kind of trouble means to whoever stands at the device, and what would do. */
const meaning: Readonly<Record<LinkTroubleKind, string>> = {
  unready: 'this device can not try',
  dns: "DNS: the broker's name leads to no address; see the name in the configuration and the name servers here",
  route: 'route: no network here leads to the broker; see cable, modem and default route',
  tcp: "TCP: nobody takes the connection at the broker's address and port; see both, and any firewall between",
  portal:
    'portal: something on the way answers in the place of the broker, as a network does that wants a login first; log in there, or have it let the broker through',
  tls: 'TLS: the handshake broke off; something on the way may stop it, or drop long packets',
  certificate:
    'certificate: what answers has none that this fleet made for this name; see the broker in the configuration, and ca.pem',
  gateway:
    'gateway: it is not reached; see agent.neighbours.gateways in the configuration, and whether that device is on and a gateway',
  'gateway-refused': 'gateway: it does not let this device through',
  'gateway-dark': "gateway: it does not reach the broker either; see the gateway's own connection",
  clock: 'clock: it is wrong, or the certificate of this device was not renewed in time',
  refused: 'refused: the broker does not take this device; see whether git still names its key',
  lost: 'the connection was there and ended',
  https: 'HTTPS: the controller can not be asked; see its address in the configuration, and any firewall between',
};

/** How it stands with the connection, for the first line. */
export function connectionWords(
  { connected, through, lastConnectedAt, report }: AgentStatus,
  ageOf: (at: string) => string,
): string {
  const way = through === undefined ? '' : ` through gateway ${through}`;
  if (connected) return `connected${way}`;
  if (report.asks !== undefined) {
    const last = lastConnectedAt === undefined ? 'not answered yet' : `answered${way} ${ageOf(lastConnectedAt)} ago`;
    return `${asksWords(report.asks)}, ${last}`;
  }
  if (lastConnectedAt === undefined) return 'never connected yet';
  return `no connection to the controller, the last ${ageOf(lastConnectedAt)} ago`;
}

/** Why there is no connection, in lines; none while there is one, or before the first try. */
export function troubleLines({ connected, trouble }: AgentStatus, ageOf: (at: string) => string): string[] {
  if (connected || trouble === undefined) return [];
  const { kind, message, since } = trouble;
  return [`No connection for ${ageOf(since)}: ${meaning[kind]} (${message}).`];
}
