/** The Mosquitto beside this controller: its files, and that it reads them again when they change. */
import { makeDirectoryDurably, writeFileDurably } from '../../../../platform/durable-file.ts';
import { bareHost, mqttsPort } from '../../../../platform/host-and-port.ts';
import type { Disk, Log } from '../../../../platform/ports.ts';
import { authorityPaths } from '../../../authority/authority.ts';
import type { Subscriber } from '../../../authority/subscribers.ts';
import { type AdmittedDevice, mosquittoAccessList, mosquittoConfiguration } from './mosquitto-configuration.ts';

/** What a controller knows of it. */
export interface MosquittoSiteOptions {
  readonly disk: Disk;
  readonly log: Log;
  /** Where the files go. */
  readonly directory: string;
  /** Where the controller's authority keeps itself: its server certificate is the broker's too. */
  readonly authorityDirectory: string;
  /** `mqtts://HOST:PORT` as the controller is configured to reach it. */
  readonly url: string;
  readonly user?: string;
  /** Programs on shore that hear what applications say; undefined where nothing of it is published. */
  readonly subscribers?: readonly Subscriber[];
  /** Makes the Mosquitto that wrote this file of its process id read its files again; false when there is none. */
  readonly reload: (pidFile: string) => boolean;
}

/** What devices and controller say to each other is no longer. */
const packetBytesMax = 16_384;
/** What an application says may have 256 KiB, and is published as JSON. */
const publishedBytesMax = 2 ** 20;

/** `mosquitto -c DIRECTORY/mosquitto.conf` is the broker of this controller. */
export class MosquittoSite {
  readonly #options: MosquittoSiteOptions;
  /** The running Mosquitto may have read older files than those that lie there. */
  #isBehind = true;

  /** Writes `mosquitto.conf`; an access list that is there stays until the devices are known. */
  constructor(options: MosquittoSiteOptions) {
    this.#options = options;
    const { disk, directory, authorityDirectory, url, user, subscribers } = options;
    const { hostname, port } = new URL(url);
    const { authority, server } = authorityPaths(authorityDirectory);
    makeDirectoryDurably(disk, directory);
    const configuration = mosquittoConfiguration({
      host: bareHost(hostname),
      port: Number(port || mqttsPort),
      authorityFile: authority,
      certificateFile: server,
      keyFile: server,
      aclFile: `${directory}/acl`,
      pidFile: this.#pidFile,
      packetBytesMax: subscribers === undefined ? packetBytesMax : publishedBytesMax,
      ...(user === undefined ? {} : { user }),
    });
    if (disk.stat(`${directory}/acl`) === undefined) this.#write('acl', mosquittoAccessList([], subscribers));
    this.#write('mosquitto.conf', configuration);
  }

  get #pidFile(): string {
    return `${this.#options.directory}/mosquitto.pid`;
  }

  #write(name: string, text: string): void {
    const { disk, directory } = this.#options;
    writeFileDurably(disk, directory, name, new TextEncoder().encode(text));
  }

  /** Lets in these devices and nobody else, connections that are open included. */
  admit(devices: Iterable<AdmittedDevice>): void {
    const { disk, directory, subscribers } = this.#options;
    const text = mosquittoAccessList(devices, subscribers);
    if (new TextDecoder().decode(disk.readFile(`${directory}/acl`)) !== text) {
      this.#write('acl', text);
      this.#isBehind = true;
    }
    this.#reload();
  }

  /** The certificate in the authority's directory is another one. */
  renewIdentity(): void {
    this.#isBehind = true;
    this.#reload();
  }

  /** Mosquitto answered; what it could not be told before it is told now. */
  reached(): void {
    if (this.#reload()) return;
    const { log, directory } = this.#options;
    log.write('warn', 'mosquitto.not-reloaded', {
      message: `the broker does not run here with ${directory}/mosquitto.conf: send it SIGHUP when that folder changes`,
    });
  }

  #reload(): boolean {
    if (this.#isBehind && this.#options.reload(this.#pidFile)) this.#isBehind = false;
    return !this.#isBehind;
  }
}
