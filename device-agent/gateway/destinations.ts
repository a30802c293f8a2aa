/** Where a gateway lets others through to: where it goes itself, and nowhere else. */
import { bareHost, mqttsPort } from '../../platform/host-and-port.ts';
import type { TunnelAsked } from '../../platform/ports.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';

/** A server; what comes from a broker controls devices, and from any other may be modules too: both are sealed, and look alike. */
export interface Destination extends TunnelAsked {
  readonly kind: 'broker' | 'https';
}

const httpsPort = 443;

function ofUrl(text: string | undefined): readonly Destination[] {
  if (text === undefined || !URL.canParse(text)) return [];
  const { protocol, hostname, port } = new URL(text);
  // Plain HTTP is that of a cache in the site's own network.
  if (protocol !== 'https:') return [];
  return [{ kind: 'https', host: bareHost(hostname), port: port === '' ? httpsPort : Number(port) }];
}

/** Those of a device. */
export function destinationsOf({
  controller,
  artifacts,
  mqtt,
}: Pick<AgentConfiguration, 'controller' | 'artifacts' | 'mqtt'>): readonly Destination[] {
  const broker = { kind: 'broker', host: bareHost(mqtt.host).toLowerCase(), port: mqtt.port ?? mqttsPort } as const;
  return [broker, ...ofUrl(controller), ...ofUrl(artifacts)];
}
