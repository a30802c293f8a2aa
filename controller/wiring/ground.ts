/** What is opened once, before this controller leads: its files, its keys and its authority. */
import { hostname } from 'node:os';
import { makeDirectoryDurably } from '../../platform/durable-file.ts';
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { descriptorRoom } from '../../platform/node/process-room.ts';
import { nodeRandom as random } from '../../platform/node/random.ts';
import type { DiskError, Log } from '../../platform/ports.ts';
import type { ControllerConfiguration } from '../../schemas/generated/types.ts';
import type { WhoAsks } from '../access/caller.ts';
import { type Authority, openAuthority, replaceAuthority } from '../authority/authority.ts';
import type { KeyAndCertificate } from '../authority/authority-files.ts';
import { type ConnectionRoom, connectionRoom } from '../doors/connection-room.ts';
import { createGuard, type Guard } from '../doors/guard.ts';
import { byInstallationToken } from '../doors/http/credentials.ts';
import { type ControllerKeys, readControllerKeys } from '../publishing/authoring/key-files.ts';
import { openStatePlace } from '../state/open-place.ts';
import { StateError } from '../state/state-port.ts';
import { readApiToken, type StateDirectory, stateDirectory } from '../state-directory.ts';

/** Everything that is opened once and shared. */
export interface Ground {
  readonly configuration: ControllerConfiguration;
  readonly state: StateDirectory;
  readonly log: Log;
  readonly authority: Authority;
  readonly identity: KeyAndCertificate;
  readonly keys: ControllerKeys;
  readonly whoAsks: WhoAsks;
  readonly guard: Guard;
  readonly room: ConnectionRoom;
}

/** A file as text. */
export function textOf(path: string): string {
  return new TextDecoder().decode(disk.readFile(path));
}

/** Whether a controller ran on this state before. */
function hasServed({ database, endpoints, artifacts }: StateDirectory): boolean {
  return [database, endpoints, `${artifacts}/tuf/timestamp.json`].some((file) => disk.stat(file) !== undefined);
}

/** The files of this controller, and the place of its state, which nobody leads over yet. */
export async function openPlace(configuration: ControllerConfiguration, log: Log) {
  const directory = configuration.stateDirectory!;
  const state = stateDirectory(directory, configuration.sharedDirectory);
  makeDirectoryDurably(disk, directory);
  const { url } = configuration.state ?? {};
  const name = `${hostname()}:${configuration.http!.port}`;
  const options = { clock, log, disk, file: state.database, name, wasLed: hasServed(state), ...(url && { url }) };
  return { state, place: await openStatePlace(options, new AbortController().signal) };
}

/** Puts the authority aside and makes another; refused while a controller runs on this state. */
export async function newAuthority(configuration: ControllerConfiguration, log: Log): Promise<void> {
  const { state, place } = await openPlace(configuration, log);
  const refusal = new StateError(
    'STATE_LOCKED',
    'another controller leads on this state: stop every one of them first',
  );
  const term = await place.lead(AbortSignal.abort(refusal));
  const aside = await replaceAuthority({ disk, directory: state.authority, clock, random });
  await term.end();
  const before = aside.length === 0 ? '' : `, what was before is in ${aside.join(', ')}`;
  process.stdout.write(
    `made an authority in ${state.authority}${before}\nNo device trusts it yet: give each its ca.pem, and enrol it again\n`,
  );
}

/** Reads keys and authority; makes what a first start makes. */
export async function openGround(
  configuration: ControllerConfiguration,
  log: Log,
  state: StateDirectory,
  wasLed: boolean,
): Promise<Ground> {
  const keys = readControllerKeys(disk, configuration.keys ?? state.onlineKeys);
  const isFirstStart = !wasLed;
  const onNotKept = (error: DiskError): void =>
    log.write('error', 'authority.certificate-not-kept', { error: error.message });
  const directory = state.authority;
  const authority = await openAuthority({ disk, directory, clock, random, isFirstStart, onNotKept });
  const identity = await authority.serverIdentity(configuration.hostnames!);
  const whoAsks = byInstallationToken(readApiToken(disk, random, state.apiToken));
  const guard = createGuard({ clock, log });
  const room = connectionRoom(descriptorRoom());
  return { configuration, state, log, authority, identity, keys, whoAsks, guard, room };
}
