/** Who takes on shore what applications say, besides files: a webhook, and a program that subscribes to their topics. */
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import mqtt, { type MqttClient } from 'mqtt';
import { enrol } from '../../device-agent/enrol.ts';
import { DeviceIdentityStore, keyInManifest } from '../../device-agent/enrol-identity.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';

const key = Buffer.from('a secret that only the controller and its receiver know');
const name = 'subscriber.dashboard';

/** Both, on this machine; what they heard is there as lines of NDJSON, in the order in which it came. */
export class Receivers {
  readonly #directory: string;
  readonly #identity: DeviceIdentityStore;
  readonly #server: Server;
  #client: MqttClient | undefined;
  readonly posted: string[] = [];
  readonly published: string[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
    this.#identity = new DeviceIdentityStore(nodeDisk, `${directory}/dashboard`);
    this.#server = createServer(async (request, response) => {
      const body = await text(request);
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
      const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
      const isSigned = signature === `v1,${expected}`;
      if (isSigned) this.posted.push(...body.trimEnd().split('\n'));
      response.writeHead(isSigned ? 204 : 401).end();
    });
  }

  /** `directory` is that of the world, which is not started yet. */
  static async open(directory: string): Promise<Receivers> {
    const receivers = new Receivers(directory);
    await new Promise<void>((resolve) => receivers.#server.listen(0, '127.0.0.1', resolve));
    return receivers;
  }

  /** What makes a controller call the webhook. */
  settings(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      'channels.webhook.url': `http://127.0.0.1:${port}/messages`,
      'channels.webhook.secret': `whsec_${key.toString('base64')}`,
    };
  }

  /** Has the controller publish at topics from its next start on, and let the program subscribe. */
  configure(): void {
    const file = `${this.#directory}/fleet.config.yaml`;
    const { keyFingerprint } = keyInManifest(this.#identity.key());
    const subscribers = JSON.stringify([{ name: name.split('.')[1], keyFingerprint }]);
    const section = `controller:\n  channels: { mqtt: { subscribers: ${subscribers} } }\n`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('controller:\n', section));
  }

  /** Subscribes; after a break it does so again by itself. Rejects where the controller is away. */
  async subscribe(): Promise<true> {
    const state = `${this.#directory}/controller`;
    const endpoints = JSON.parse(readFileSync(`${state}/endpoints.json`, 'utf8')) as Record<string, string>;
    const ca = readFileSync(`${state}/authority/ca.pem`, 'utf8');
    const network = openNetwork(() => ({ ca }));
    const asked = { device: name, controller: endpoints.controller!, identity: this.#identity, network };
    const answer = await enrol(asked, AbortSignal.timeout(10_000));
    if (answer.kind !== 'enrolled') throw new Error(`${name}: ${answer.message}`);
    const [ownKey, cert] = [this.#identity.keyText()!, this.#identity.certificateText()!];
    this.#client = mqtt.connect(endpoints.mqtt!, { ca, key: ownKey, cert, reconnectPeriod: 200 });
    this.#client.on('error', () => {}); // it tries again
    this.#client.on('message', (_topic, payload) => this.published.push(payload.toString()));
    await this.#client.subscribeAsync('fleet/messages/+/+/+', { qos: 1 });
    return true;
  }

  async close(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
