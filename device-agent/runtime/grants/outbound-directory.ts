/** `/net/tcp`, as a guest finds it: the hosts that its manifest names, each as HOST:PORT, which opens as a connection. */
import { FileError } from '../../../platform/file-handles.ts';
import type { Outbound } from '../../../platform/ports.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import { streamDirectory } from '../primitives/read-only-directory.ts';
import type { Connections } from './connections.ts';

const scheme = 'tcp://';

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
  return streamDirectory(names, (asked) => {
    const name = asked.toLowerCase();
    if (!names.has(name)) {
      note(`refused: ${scheme}${asked.slice(0, 100)} is not among its allowedOutboundHosts`);
      throw new FileError('not-capable', `${asked} is not granted`);
    }
    const colon = name.lastIndexOf(':');
    const target = { host: name.slice(0, colon), port: Number(name.slice(colon + 1)) };
    const connection = connections.hold(() => outbound.connect(target));
    return { kind: 'connection', connection };
  });
}
