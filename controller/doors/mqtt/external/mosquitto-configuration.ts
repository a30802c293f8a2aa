/** Configuration for Mosquitto 2 as the broker between devices and controller, with the same rules as the embedded one. */
import { batchTopics } from '../../../../schemas/message-batch.ts';
import { controllerCommonName } from '../../../authority/authority.ts';
import { fingerprintHex } from '../../../authority/key-fingerprint.ts';
import { type Subscriber, subscriberCommonName } from '../../../authority/subscribers.ts';
import { requestTopic, shadowOperations, shadowPrefix } from '../../../shadow/topics.ts';
import { messageFilter } from '../message-topics.ts';

/** Files are PEM, and `server.pem` of the authority is good for both certificate and key; `aclFile` is where `mosquittoAccessList` was written. */
export interface MosquittoOptions {
  readonly host: string;
  readonly port: number;
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly aclFile: string;
  /** Where it writes its process id. */
  readonly pidFile: string;
  /** Of one message, from devices and from the controller. */
  readonly packetBytesMax: number;
  /** Whom Mosquitto becomes when root starts it; it must be able to read the files. */
  readonly user?: string;
}

/**
 * The text of mosquitto.conf: TLS with client certificates, whose whole subject is user name and client identifier. A queue
 * is as long as a whole fleet speaking at once, because the controller's is one of them.
 */
export function mosquittoConfiguration(options: MosquittoOptions): string {
  const user = options.user === undefined ? '' : `user ${options.user}\n`;
  return `${user}per_listener_settings false
pid_file ${options.pidFile}
listener ${options.port} ${options.host}
cafile ${options.authorityFile}
certfile ${options.certificateFile}
keyfile ${options.keyFile}
tls_version tlsv1.2
require_certificate true
use_subject_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file ${options.aclFile}
set_tcp_nodelay true
max_packet_size ${options.packetBytesMax}
max_inflight_messages 20
max_queued_messages 20000
max_queued_bytes 33554432
persistence false
`;
}

/** What the access list needs to know of a device. */
export interface AdmittedDevice {
  readonly name: string;
  readonly keyFingerprint?: string;
}

/** The subject of a device's certificate as Mosquitto writes it: RFC 2253, which begins at the end. */
function subjectOf(name: string, keyFingerprint: string): string {
  return `serialNumber=${fingerprintHex(keyFingerprint)},CN=${name}`;
}

function rulesOf({ name, keyFingerprint }: AdmittedDevice): string[] {
  if (keyFingerprint === undefined) return [];
  const { out, taken } = batchTopics(name);
  return [
    '',
    `user ${subjectOf(name, keyFingerprint)}`,
    ...shadowOperations.map((operation) => `topic write ${requestTopic(name, operation)}`),
    `topic read ${shadowPrefix(name)}#`,
    `topic write ${out}`,
    `topic read ${taken}`,
  ];
}

/**
 * The text of its access list: each device that git names, by the key that git names, asks and hears its own shadow; the
 * controller all of them. Subscribers hear what applications say. Who holds a certificate for another key, or for a device that git named once, may do nothing.
 */
export function mosquittoAccessList(
  devices: Iterable<AdmittedDevice>,
  subscribers: readonly Subscriber[] = [],
): string {
  const { out, taken } = batchTopics('+');
  const controller = [
    `user CN=${controllerCommonName}`,
    `topic readwrite ${shadowPrefix('+')}#`,
    `topic read ${out}`,
    `topic write ${taken}`,
    `topic write ${messageFilter}`,
  ];
  const hearing = subscribers.flatMap(({ name, keyFingerprint }) => [
    '',
    `user ${subjectOf(subscriberCommonName(name), keyFingerprint)}`,
    `topic read ${messageFilter}`,
  ]);
  return `${[...controller, ...hearing, ...[...devices].flatMap(rulesOf)].join('\n')}\n`;
}
