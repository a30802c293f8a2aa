/** Hosts beside ports: an IPv6 address is in brackets in a URL and bare for a socket, and a port may go without saying. */

/** Of MQTT over TLS, where none is named: `secure-mqtt` of IANA. */
export const mqttsPort = 8883;

/** HOST:PORT as URLs have it: an IPv6 address is in brackets. */
export function hostAndPort(host: string, port: number): string {
  const bare = bareHost(host);
  return `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
}

/** A host as sockets take it: without the brackets that URLs put around an IPv6 address. */
export function bareHost(host: string): string {
  return /^\[(.*)\]$/.exec(host)?.[1] ?? host;
}
