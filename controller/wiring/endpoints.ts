/** Tells where this controller is: to who sets up agents, and to the command line of the user who runs it. */
import { writeFileDurably } from '../../platform/durable-file.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { announce, announcementDirectory, reachableUrl } from '../announcement.ts';
import type { StateDirectory } from '../state-directory.ts';
import type { Ground } from './ground.ts';

/** Where this controller can be reached, for whoever sets up agents and CLIs; with port 0 only the running program knows. */
export function writeEndpoints(
  state: StateDirectory,
  endpoints: { readonly controller: string; readonly mqtt: string },
): void {
  const cut = state.endpoints.lastIndexOf('/');
  const bytes = new TextEncoder().encode(`${JSON.stringify(endpoints, undefined, 2)}\n`);
  writeFileDurably(disk, state.endpoints.slice(0, cut), state.endpoints.slice(cut + 1), bytes);
}

/** For the command line of the user who runs this, where there is such a person. */
export function announceHere({ configuration, state, log }: Ground, controller: string): Disposable | undefined {
  const directory = announcementDirectory(process.env);
  if (directory === undefined) return undefined;
  const { url: source } = configuration.source;
  const where = {
    controller: reachableUrl(controller, configuration.hostnames![0]!),
    ca: state.authorityCertificate,
    tokenFile: state.apiToken,
    source,
  };
  try {
    return announce(disk, directory, configuration.stateDirectory!, where);
  } catch (error) {
    log.write('warn', 'controller.not-announced', { reason: (error as Error).message });
    return undefined;
  }
}
