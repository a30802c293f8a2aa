/** `/machine`, as a guest finds it: what its manifest names of what the integrator lists, files as files, all else as streams. */
import { type DirectoryHandle, type FileAccess, FileError, type FileHandle } from '../../../platform/file-handles.ts';
import type { Machine, MachinePlace } from '../../../platform/machine.ts';
import type { Connection } from '../../../platform/streams.ts';
import { FlatDirectory } from '../primitives/flat-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import type { OpenStream } from '../primitives/open-stream.ts';
import type { Quota } from '../primitives/quota.ts';
import type { Connections } from './connections.ts';
import type { MachinePlaces } from './machine-places.ts';

/** What the directory of one run is made of. */
export interface MachineGrant {
  readonly places: MachinePlaces;
  readonly machine: Machine;
  readonly connections: Connections;
  /** Of what is added to files. */
  readonly quota: Quota;
  /** Tells whoever reads the application's log. */
  readonly note: (text: string) => void;
  /** Called with the path of what was asked for and is not granted. */
  readonly onUngranted: (path: string) => undefined;
}

class MachineDirectory extends FlatDirectory {
  readonly #grant: MachineGrant;

  constructor(grant: MachineGrant, same?: MachineDirectory) {
    super(same);
    this.#grant = grant;
  }

  protected entry(name: string) {
    const place = this.#place(name);
    return place && this.#grant.machine.look(place.path);
  }

  #place(name: string): MachinePlace | undefined {
    const { places } = this.#grant;
    return Object.hasOwn(places, name) ? places[name] : undefined;
  }

  protected names(): readonly string[] {
    return Object.keys(this.#grant.places);
  }

  duplicate(): DirectoryHandle {
    return new MachineDirectory(this.#grant, this);
  }

  override openFile(name: string, access: FileAccess): FileHandle {
    const place = this.#place(name);
    if (place === undefined) throw new FileError('no-entry', `there is no ${name}`);
    const { path, access: granted = 'read' } = place;
    const mayWrite = granted !== 'read';
    const mayRead = granted !== 'write';
    if ((access.write && !mayWrite) || (access.read && !mayRead))
      throw new FileError('access', `${name} is granted for ${granted}`);
    return this.#grant.machine.openFile(path, access);
  }

  /** Undefined where it is a file, or no name of this directory. */
  openStream(name: string): OpenStream | undefined {
    const { machine, connections, note, onUngranted } = this.#grant;
    const place = this.#place(name);
    if (place === undefined) return onUngranted(`/machine/${name}`);
    const tell = (text: string): void => note(`${name} of the machine (${place.path}): ${text}`);
    const kind = machine.look(place.path)?.kind;
    if (kind === undefined) tell('there is nothing at the moment');
    if (kind !== 'other') return undefined;
    const connection = connections.hold(() => machine.openStream(place, tell));
    return streamOf(place, connection);
  }
}

/** Programs write line by line to what a person, or a machine, reads while it is written. */
function streamOf({ access = 'read' }: MachinePlace, connection: Connection): OpenStream {
  const close = () => connection.close();
  if (access === 'read') return { kind: 'input', stream: connection.input, close };
  if (access === 'write') return { kind: 'output', stream: { ...connection.output, isTerminal: true }, close };
  return { kind: 'connection', connection };
}

/** The directory of one run. */
export function machineDirectory(grant: MachineGrant): OpenDirectory {
  const directory = new MachineDirectory(grant);
  const streams = { open: (name: string) => directory.openStream(name) };
  return new OpenDirectory(directory, { isWritable: true, quota: grant.quota, streams });
}
