/** A link between a controller and an agent, in networks of their own. */
import type { Server } from 'node:http';
import type { Lane } from './lane.ts';
import { LinkProgram } from './link-program.ts';
import type { Link } from './links.ts';
import { startNames } from './names.ts';
import { meeting, Networks } from './namespaces.ts';
import { startPortal } from './portal.ts';
import { ShoreAndDevice } from './shore-and-device.ts';

/** Someone's place in the world, and who may get in the way there. */
export interface Scene {
  readonly program: LinkProgram;
  readonly world: ShoreAndDevice;
  readonly networks: Networks;
  readonly portal: Server | undefined;
}

/** A good link, for what comes before. */
const workshop: Lane = { delayMs: 1, lostShare: 0, bytesPerSecond: 10_000_000, queueMs: 1_000 };

async function portalOf({ trouble }: Link, world: ShoreAndDevice, directory: string): Promise<Server | undefined> {
  if (trouble?.kind !== 'portal') return undefined;
  return await startPortal(trouble.shows, world.controllerDirectory, `${directory}/portal`);
}

/** Opens it in a process that was started by `ownNetwork`; what it needs lies below `directory`. */
export async function openScene(link: Link, directory: string): Promise<AsyncDisposable & { readonly scene: Scene }> {
  await using stack = new AsyncDisposableStack();
  const networks = await Networks.open(directory);
  stack.defer(() => networks.close());
  const names = await startNames();
  stack.defer(() => void names.close());
  const program = await LinkProgram.start(meeting, workshop);
  stack.defer(() => program.stop());
  const stopping = new AbortController();
  const world = await ShoreAndDevice.open(directory, networks, stopping.signal);
  stack.defer(async () => {
    stopping.abort();
    await world.stop();
  });
  const portal = await portalOf(link, world, directory);
  stack.defer(() => void portal?.close());
  const opened = stack.move();
  return { scene: { program, world, networks, portal }, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
