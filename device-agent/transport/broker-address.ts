/** Where a broker is; `port` as it was written, for whoever judges it. */
export interface BrokerAddress {
  /** A name or an address; an IPv6 address without brackets, as sockets and certificates have it. */
  readonly host: string;
  readonly port?: string;
}

function isIpv6(text: string): boolean {
  return text.includes(':') && URL.canParse(`http://[${text}]`);
}

/**
 * Reads `HOST`, `HOST:PORT`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:PORT`; undefined when it is none of them. What
 * can be an IPv6 address as a whole is one: with a port it needs brackets.
 */
export function parseBrokerAddress(text: string): BrokerAddress | undefined {
  if (isIpv6(text)) return { host: text };
  const [, bracketed, name, port] = /^(?:\[(.*)\]|([^:/\s[\]]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed === undefined || isIpv6(bracketed) ? (bracketed ?? name) : undefined;
  return host === undefined ? undefined : { host, ...(port === undefined ? {} : { port }) };
}
