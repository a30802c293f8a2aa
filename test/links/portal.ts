/** Who answers in the controller's place, as captive portals and proxies do. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { openAuthority } from '../../controller/authority/authority.ts';
import { type KeyAndCertificate, readPair } from '../../controller/authority/authority-files.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { addresses } from './namespaces.ts';
import type { PortalKind } from './trouble.ts';

const page = `<!doctype html><title>Welcome aboard</title>${'<p>Please log in.'.repeat(100)}`;

const answers: Readonly<Record<PortalKind, RequestListener>> = {
  'own-certificate': (_request, response) => response.end(page),
  redirect: (_request, response) => response.writeHead(302, { location: 'http://portal.test/login' }).end(),
  'status-511': (_request, response) => response.writeHead(511, { 'content-type': 'text/html' }).end(page),
  page: (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page),
};

/** One for the controller's address, by an authority that nobody knows, which is made in that directory. */
async function strangeIdentity(directory: string): Promise<KeyAndCertificate> {
  const authority = await openAuthority({ disk: nodeDisk, clock: nodeClock, random: nodeRandom, directory });
  return await authority.serverIdentity([addresses.shore]);
}

/** The controller's own, of its state directory. */
function controllersIdentity(directory: string): KeyAndCertificate {
  const pair = readPair(nodeDisk, `${directory}/authority/server.pem`);
  if (typeof pair !== 'object') throw new Error(`${directory} has no server certificate`);
  return pair;
}

/**
 * Listens on a port of its own. One redirects in plain HTTP, whatever it was spoken to in; one has a certificate that nobody knows;
 * two have the controller's own, as a proxy of the fleet's would, which is the most that a portal can be believed.
 */
export async function startPortal(kind: PortalKind, controllerDirectory: string, own: string): Promise<Server> {
  const server = kind === 'redirect' ? createHttpServer(answers[kind]) : await secure(kind, controllerDirectory, own);
  server.listen(0, addresses.shore);
  await once(server, 'listening');
  return server;
}

async function secure(kind: PortalKind, controllerDirectory: string, own: string): Promise<Server> {
  const isStrange = kind === 'own-certificate';
  const { key, certificate } = isStrange ? await strangeIdentity(own) : controllersIdentity(controllerDirectory);
  return createHttpsServer({ key, cert: certificate }, answers[kind]);
}
