/** Configuration for Mosquitto 2 as the broker between devices and controller, with the same rules as the embedded one. */
import { makeDirectoryDurably, writeFileDurably } from '../../../platform/durable-file.ts';
import type { Disk } from '../../../platform/ports.ts';
import { authorityPaths, controllerCommonName } from '../authority.ts';
import { requestTopic, shadowOperations, shadowPrefix } from '../shadow-service/topics.ts';

/** Files are PEM, and `server.pem` of the authority is good for both certificate and key; `aclFile` is where `mosquittoAccessList` was written. */
export interface MosquittoOptions {
  readonly host: string;
  readonly port: number;
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly aclFile: string;
  /** Whom Mosquitto becomes when root starts it; it must be able to read the files. */
  readonly user?: string;
}

/** The text of mosquitto.conf: TLS with client certificates, whose common name is user name and client identifier. */
export function mosquittoConfiguration(options: MosquittoOptions): string {
  const user = options.user === undefined ? '' : `user ${options.user}\n`;
  return `${user}per_listener_settings false
listener ${options.port} ${options.host}
cafile ${options.authorityFile}
certfile ${options.certificateFile}
keyfile ${options.keyFile}
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file ${options.aclFile}
set_tcp_nodelay true
max_packet_size 16384
max_inflight_messages 20
max_queued_messages 100
persistence false
`;
}

/** The text of its access list: a device asks and hears its own shadow, the controller all of them. */
export function mosquittoAccessList(): string {
  const requests = shadowOperations.map((operation) => `pattern write ${requestTopic('%u', operation)}`);
  return `${requests.join('\n')}
pattern read ${shadowPrefix('%u')}#

user ${controllerCommonName}
topic readwrite ${shadowPrefix('+')}#
`;
}

/** What a controller knows of the Mosquitto beside it. */
export interface MosquittoSite {
  readonly disk: Disk;
  /** Where the files go. */
  readonly directory: string;
  /** Where the controller's authority keeps itself: its server certificate is the broker's too. */
  readonly authorityDirectory: string;
  /** `mqtts://HOST:PORT` as the controller is configured to reach it. */
  readonly url: string;
  readonly user?: string;
}

/** The port of an mqtts URL that names none. */
const defaultPort = 8883;

/** Writes `mosquitto.conf` and `acl`, so that `mosquitto -c DIRECTORY/mosquitto.conf` is the broker of this controller. */
export function writeMosquittoConfiguration({ disk, directory, authorityDirectory, url, user }: MosquittoSite): void {
  const { hostname, port } = new URL(url);
  const { authority, server } = authorityPaths(authorityDirectory);
  const configuration = mosquittoConfiguration({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    authorityFile: authority,
    certificateFile: server,
    keyFile: server,
    aclFile: `${directory}/acl`,
    ...(user === undefined ? {} : { user }),
  });
  makeDirectoryDurably(disk, directory);
  writeFileDurably(disk, directory, 'acl', new TextEncoder().encode(mosquittoAccessList()));
  writeFileDurably(disk, directory, 'mosquitto.conf', new TextEncoder().encode(configuration));
}
