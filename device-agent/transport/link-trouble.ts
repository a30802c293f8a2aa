/** Why there is no connection to the broker, told apart by what was seen of the try. */
import type { GatewayFault, RelayEnd } from '../../platform/ports.ts';

/** What keeps the device from its broker, from near to far. */
export const linkTroubleKinds = [
  /** This device can't try: it has no certificate, no room, or a file that can't be read. */
  'unready',
  /** The broker's name leads to no address. */
  'dns',
  /** No network here leads to the address. */
  'route',
  /** Nobody takes the connection at the address. */
  'tcp',
  /** Something took the connection and spoke HTTP or the like into a TLS handshake, as captive portals do. */
  'portal',
  /** The TLS handshake came to nothing before the other side had shown who it is. */
  'tls',
  /** What the other side showed is not accepted here. */
  'certificate',
  /** One side does not accept the other, and the clock here can't be right. */
  'clock',
  /** No way of its own leads there, and the gateway was not reached either. */
  'gateway',
  /** The gateway was reached, and lets this device not through, or not now. */
  'gateway-refused',
  /** The gateway was reached, and does not reach the broker. */
  'gateway-dark',
  /** The broker has shown who it is, and does not take this device. */
  'refused',
  /** There was a session, and it ended. */
  'lost',
  /** Where HTTPS stands in for a session: the controller can't be asked. */
  'https',
] as const;

/** One of them. */
export type LinkTroubleKind = (typeof linkTroubleKinds)[number];

/** Whether another certificate may be all that is wanted: the other side has shown who it is. */
export function isOfCertificate(kind: LinkTroubleKind): boolean {
  return kind === 'refused' || kind === 'clock';
}

/** Why there is no connection: `kind` decides, `message` is for people. */
export interface LinkTrouble {
  readonly kind: LinkTroubleKind;
  readonly message: string;
}

/** What the machine says of a connect that failed, by its code; any other code is one of TCP's. */
const kindOfCode: Readonly<Record<string, LinkTroubleKind>> = {
  ...{ ENOTFOUND: 'dns', EAI_AGAIN: 'dns', EAI_FAIL: 'dns', EAI_NODATA: 'dns', ESERVFAIL: 'dns', LOOKUP: 'dns' },
  ...{ ENETUNREACH: 'route', EHOSTUNREACH: 'route', ENETDOWN: 'route', EHOSTDOWN: 'route', EADDRNOTAVAIL: 'route' },
  ...{ EACCES: 'route', EPERM: 'route' },
  ...({
    GATEWAY_UNREACHED: 'gateway',
    GATEWAY_REFUSES: 'gateway-refused',
    GATEWAY_DARK: 'gateway-dark',
  } satisfies Record<GatewayFault, LinkTroubleKind>),
};

/** First bytes of TLS records (RFC 8446, 5.1). */
const tlsRecord = { alert: 21, handshake: 22 };

/** What the library says of a handshake that was broken off from outside, before it had an opinion. */
const brokenOff = 'AWS_IO_SOCKET_CLOSED';

/** A server's first flight is the first that is longer than what any link carries; before it all looks well. */
const nothingCame =
  'connected, and not a byte came back in the handshake: long packets may vanish on the way (short ones are tried next; net.ipv4.tcp_mtu_probing=1 at both ends helps too)';

/** How far the two sides came, by the first bytes they sent. */
function kindOfTalk({ firstByte, replyByte }: RelayEnd, said: string | undefined): LinkTroubleKind {
  if (firstByte === undefined || firstByte === tlsRecord.alert) return 'tls';
  if (firstByte !== tlsRecord.handshake) return 'portal';
  if (replyByte === undefined && said?.includes(brokenOff) === true) return 'tls';
  // A client that accepts what it was shown goes on with the handshake; else it falls silent, or says why in an alert.
  return replyByte === undefined || replyByte === tlsRecord.alert ? 'certificate' : 'refused';
}

/** What a try that came to no session came to, by how its relay ended; `said` is what the library says of it, if it says anything. */
export function troubleOf(end: RelayEnd, said: string | undefined): LinkTrouble {
  const message = end.kind === 'left' ? (said ?? end.reason) : end.reason;
  if (end.kind === 'unreachable') return { kind: kindOfCode[end.code ?? ''] ?? 'tcp', message };
  const kind = kindOfTalk(end, said);
  return { kind, message: end.firstByte === undefined ? `${nothingCame} (${message})` : message };
}

/** When a certificate counts, in milliseconds since the epoch. */
interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The same trouble, unless the clock here stands before the device's own certificate was made: then that is what is wrong. */
export function withClock(trouble: LinkTrouble, own: Validity, nowMs: number): LinkTrouble {
  if (trouble.kind !== 'certificate' && trouble.kind !== 'refused') return trouble;
  const [here, from, until] = [nowMs, own.fromMs, own.untilMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
  if (nowMs < own.fromMs) {
    return {
      kind: 'clock',
      message: `the clock here says ${here}Z, and this device's certificate counts from ${from}Z`,
    };
  }
  if (nowMs <= own.untilMs) return trouble;
  return { kind: 'clock', message: `by the clock here, ${here}Z, this device's certificate ended at ${until}Z` };
}
