/** A server of releases in the place of the controller's: it has the controller's own key, and files that an attacker writes. */
import { cpSync, readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { startTcpRelay, type TcpRelay } from '../../platform/node/tcp-relay.ts';

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

export class Impostor {
  /** What it serves, once it does. */
  readonly files: string;
  readonly #controller: string;
  readonly #servers: Server[] = [];
  /** Where connections to a port are led instead. */
  readonly #instead = new Map<number, number>();

  /** `directory` is that of a world. */
  constructor(directory: string) {
    this.files = `${directory}/stolen`;
    this.#controller = `${directory}/controller`;
  }

  /** A link of the world, which can be led elsewhere. */
  async startRelay(port: number): Promise<TcpRelay> {
    const crossing = createServer((client) => {
      const target = connect(this.#instead.get(port) ?? port, '127.0.0.1');
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        from.on('error', () => {});
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    this.#servers.push(crossing);
    return startTcpRelay(await portOf(crossing));
  }

  /** From now on new connections of devices for releases come here; its files are those of the controller at this moment. */
  async begin(): Promise<void> {
    cpSync(`${this.#controller}/artifacts`, this.files, { recursive: true });
    const pem = readFileSync(`${this.#controller}/authority/server.pem`);
    const server = createHttpsServer({ key: pem, cert: pem }, ({ url = '' }, response) => {
      try {
        response.end(readFileSync(`${this.files}${new URL(url, 'https://impostor').pathname}`));
      } catch {
        response.writeHead(404).end();
      }
    });
    this.#servers.push(server);
    const { controller } = JSON.parse(readFileSync(`${this.#controller}/endpoints.json`, 'utf8'));
    this.#instead.set(Number(new URL(controller).port), await portOf(server));
  }

  /** From now on they come to the controller again. */
  end(): void {
    this.#instead.clear();
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}
