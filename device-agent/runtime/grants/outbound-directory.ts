/** `/net/tcp`, as a guest finds it: the hosts that its manifest names, each as HOST:PORT, which opens as a connection. */
import { FileError } from '../../../platform/file-handles.ts';
import type { Outbound } from '../../../platform/ports.ts';
import type { Connection } from '../../../platform/streams.ts';
import { memoryDirectory } from '../primitives/memory-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { Quota } from '../primitives/quota.ts';
import { connectionsMax, openMax } from './limits.ts';

const scheme = 'tcp://';

/** The connections that all instances of one application have at once. */
export class Connections {
  #open = 0;

  /** Counts one until it is closed. */
  hold(connect: () => Connection): Connection {
    if (this.#open >= connectionsMax) throw new FileError('too-many-open', `${this.#open} connections are open`);
    const connection = connect();
    this.#open += 1;
    let isClosed = false;
    return {
      input: connection.input,
      output: connection.output,
      shutdown: (ways) => connection.shutdown(ways),
      close: () => {
        if (isClosed) return;
        isClosed = true;
        this.#open -= 1;
        connection.close();
      },
    };
  }
}

/** What the directory of one run is made of. */
export interface OutboundGrant {
  readonly hosts: readonly string[];
  readonly connections: Connections;
  readonly outbound: Outbound;
  /** Tells whoever reads the application's log. */
  readonly note: (text: string) => void;
}

/** Opens what is named and nothing else. */
export function outboundDirectory({ hosts, connections, outbound, note }: OutboundGrant): OpenDirectory {
  const names = new Set(hosts.map((host) => host.slice(scheme.length).toLowerCase()));
  const quota = new Quota({ bytesMax: 0, entriesMax: 0, openMax }, { bytes: 0, entries: 0 });
  const entries = memoryDirectory(Object.fromEntries([...names].map((name) => [name, new Uint8Array(0)])));
  const open = (asked: string) => {
    const name = asked.toLowerCase();
    if (!names.has(name)) {
      note(`refused: ${scheme}${asked.slice(0, 100)} is not among its allowedOutboundHosts`);
      throw new FileError('not-capable', `${asked} is not granted`);
    }
    const colon = name.lastIndexOf(':');
    const target = { host: name.slice(0, colon), port: Number(name.slice(colon + 1)) };
    const connection = connections.hold(() => outbound.connect(target));
    return { kind: 'connection', connection } as const;
  };
  return new OpenDirectory(entries, { isWritable: false, quota, streams: { open } });
}
