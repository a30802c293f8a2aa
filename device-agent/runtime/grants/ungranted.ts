/** What an application looks for and was not granted: it finds nothing, and whoever reads its log is told by which name. */
import { type DirectoryHandle, type FileAccess, FileError, type FileHandle } from '../../../platform/file-handles.ts';
import { FlatDirectory } from '../primitives/flat-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { openMax, Quota } from '../primitives/quota.ts';

/** Names that are told while this process runs the application, which may ask for any number. */
const toldMax = 8;
const nameLengthMax = 100;

/** By the first name of a path, the field of a manifest that grants what lies there. */
const fields: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['data', 'tmp', 'kv', 'facts', 'secrets', 'machine', 'channels'].map((name) => [name, name])),
  net: 'allowedOutboundHosts',
};

/** Tells whoever reads the application's log. */
export type Note = (text: string) => void;

/** The root, where programs look for whatever lies in no directory that they were granted. */
class UngrantedDirectory extends FlatDirectory {
  readonly #refuse: (name: string) => void;

  constructor(refuse: (name: string) => void, same?: UngrantedDirectory) {
    super(same);
    this.#refuse = refuse;
  }

  protected entry(name: string): undefined {
    this.#refuse(name);
  }

  protected names(): readonly string[] {
    return [];
  }

  /** Each run opens it anew: a digest of nothing is not worth its time. */
  protected override inodeOf(): bigint {
    return 1n;
  }

  duplicate(): DirectoryHandle {
    return new UngrantedDirectory(this.#refuse, this);
  }

  override openDirectory(name: string): DirectoryHandle {
    return this.#absent(name);
  }

  override createFile(name: string, _access: FileAccess): FileHandle {
    return this.#absent(name);
  }

  #absent(name: string): never {
    this.#refuse(name);
    throw new FileError('no-entry', `there is no ${name}`);
  }
}

/** The names of one application that were asked for in vain, in all its runs. */
export class Ungranted {
  readonly #told = new Set<string>();
  /** An entry that is about to be made is counted until it is refused. */
  readonly #quota = new Quota({ bytesMax: 0, entriesMax: 1, openMax }, { bytes: 0, entries: 0 });

  /** Tells of a path, once; not of what no manifest could grant, where interpreters look for their libraries. */
  tell(path: string, note: Note): undefined {
    const shown = path.slice(0, nameLengthMax);
    const [, first = ''] = shown.split('/');
    const isGrantable = Object.hasOwn(fields, first);
    if (!isGrantable || this.#told.has(shown) || this.#told.size >= toldMax) return;
    this.#told.add(shown);
    note(`refused: its manifest grants no ${shown} (${fields[first]})`);
  }

  /** What one run finds as its root. */
  root(note: Note): OpenDirectory {
    const directory = new UngrantedDirectory((name) => this.tell(`/${name}`, note));
    return new OpenDirectory(directory, { isWritable: true, quota: this.#quota });
  }
}
