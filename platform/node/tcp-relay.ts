/** A link that can be cut: passes TCP connections on to another port of this machine while it is up. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpRelay {
  readonly port: number;
  /** Down: every connection breaks, and none can be made. */
  set(up: boolean): void;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. */
export async function startTcpRelay(targetPort: number): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  let isUp = true;
  const follow = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer((client) => {
    if (!isUp) return client.destroy();
    const target = connect(targetPort, '127.0.0.1');
    follow(client, target);
    follow(target, client);
    client.pipe(target);
    target.pipe(client);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    set: (up) => {
      isUp = up;
      if (!up) cut();
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
