/** The broker that is configured: our own, or a connection to another one. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { hangUp } from '../../platform/node/hang-up.ts';
import { userName } from '../../platform/node/user-name.ts';
import type { MessageBus } from '../../platform/ports.ts';
import type { KeyAndCertificate } from '../authority/authority-files.ts';
import type { AuthorizeDevice, OnRefusal } from '../authority/authorization.ts';
import type { ControllerParts } from '../controller-parts.ts';
import type { EmbeddedBroker } from '../doors/mqtt/embedded/broker.ts';
import { MosquittoSite } from '../doors/mqtt/external/mosquitto-site.ts';
import { type Ground, textOf } from './ground.ts';

/** The broker of our own, or a connection to the one that is configured; `listen` opens the doors. */
export interface Broker extends Pick<ControllerParts, 'reauthorize' | 'brokerStatus'> {
  readonly bus: MessageBus;
  readonly embedded?: EmbeddedBroker;
  readonly listen: () => Promise<void>;
  /** Where agents find it. */
  readonly url: () => string;
  readonly renewIdentity: (identity: KeyAndCertificate) => void;
}

/** A Mosquitto that our own authority vouches for needs no configuration but ours. */
function openMosquittoSite({ configuration, state, log }: Ground, url: string): MosquittoSite {
  const user = userName();
  const published = configuration.channels?.mqtt;
  return new MosquittoSite({
    ...{ disk, log, directory: state.mosquitto, authorityDirectory: state.authority, url },
    reload: (pidFile) => hangUp('mosquitto', pidFile),
    // The files are ours alone to read: a Mosquitto that root starts becomes us.
    ...(user === undefined ? {} : { user }),
    ...(published === undefined ? {} : { subscribers: published.subscribers ?? [] }),
  });
}

async function openExternalBroker(ground: Ground, url: string): Promise<Broker> {
  const { connectExternalBroker } = await import('../doors/mqtt/external/bus.ts');
  const { configuration, authority, identity, log } = ground;
  const { ca, certificate, key } = configuration.mqtt!;
  const site = ca === undefined ? openMosquittoSite(ground, url) : undefined;
  const ownOr = (ours: KeyAndCertificate): KeyAndCertificate =>
    certificate === undefined || key === undefined ? ours : { certificate: textOf(certificate), key: textOf(key) };
  const bus = connectExternalBroker({
    ...{ url, clock, log, clientId: 'fleet-controller' },
    authority: ca === undefined ? authority.certificate : textOf(ca),
    identity: ownOr(identity),
    onReached: () => site?.reached(),
  });
  return {
    bus,
    brokerStatus: () => bus.status(),
    listen: async () => {},
    url: () => url,
    reauthorize: (devices) => site?.admit(devices.values()),
    renewIdentity: (ours) => {
      bus.renewIdentity(ownOr(ours));
      site?.renewIdentity();
    },
  };
}

/** Nobody is let in before `listen`. Of the two libraries that speak MQTT only the one that is used is loaded. */
export async function openBroker(ground: Ground, authorize: AuthorizeDevice, onRefusal: OnRefusal): Promise<Broker> {
  const { configuration, authority, identity, log, guard } = ground;
  const { external, host, port } = configuration.mqtt!;
  if (external !== undefined) return openExternalBroker(ground, external);
  const { EmbeddedBroker } = await import('../doors/mqtt/embedded/broker.ts');
  const options = { host: host!, port: port!, identity, authority: authority.certificate };
  const limits = { connectionsMax: ground.room.mqtt };
  const embedded = new EmbeddedBroker({ ...options, authorize, onRefusal, guard, clock, log, limits });
  return {
    bus: embedded,
    embedded,
    listen: () => embedded.listen(),
    url: () => embedded.url,
    reauthorize: () => embedded.reauthorize(),
    renewIdentity: (ours) => embedded.renewIdentity(ours),
  };
}
