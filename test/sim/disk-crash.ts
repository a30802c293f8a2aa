/** What of a simulated disk a crash leaves: the second half of the fault model of `SimDisk`. */

const sectorBytes = 512;

/** A file. */
export interface Inode {
  bytes: Uint8Array;
  durable: Uint8Array;
  /** Whether the medium gives back errors where it lies. */
  isSpoilt?: boolean;
}

/** Names, each with what it means. */
export interface Directory {
  /** Names as a running program sees them. */
  entries: Map<string, Inode | Directory>;
  /** Names as they are after a crash at the worst moment. */
  durable: Map<string, Inode | Directory>;
}

/** One that was not made durable yet. */
export interface Rename {
  readonly from: Directory;
  readonly fromName: string;
  readonly to: Directory;
  readonly toName: string;
}

/** An empty one, of which nothing is durable. */
export function newDirectory(): Directory {
  return { entries: new Map(), durable: new Map() };
}

/** Whether a node is a directory, or a file. */
export function isDirectory(node: Inode | Directory): node is Directory {
  return 'entries' in node;
}

/** What decides the fate of unsynced changes: a number in [0, 1), below 0.5 they are lost. */
export type Fate = () => number;

/** All unsynced changes are lost. */
export const loseAll: Fate = () => 0;
/** All unsynced changes survive. */
export const keepAll: Fate = () => 0.99;

/** For each directory, the names whose newest state survives; the others are as they last were synced. */
type Survivors = ReadonlyMap<Directory, ReadonlySet<string>>;

function namesOf(directory: Directory): Set<string> {
  return new Set([...directory.durable.keys(), ...directory.entries.keys()]);
}

function drawNames(root: Directory, renames: readonly Rename[], fate: Fate): Survivors {
  const survivors = new Map<Directory, Set<string>>();
  const draw = (directory: Directory): void => {
    if (survivors.has(directory)) return;
    const names = [...namesOf(directory)];
    survivors.set(directory, new Set(names.filter((name) => isSettled(directory, name) || fate() >= 0.5)));
    for (const node of [...directory.entries.values(), ...directory.durable.values()]) {
      if (isDirectory(node)) draw(node);
    }
  };
  draw(root);
  for (const { from, fromName, to, toName } of renames) {
    if (survivors.get(from)?.has(fromName)) survivors.get(to)?.add(toName);
  }
  return survivors;
}

function isSettled(directory: Directory, name: string): boolean {
  return directory.durable.get(name) === directory.entries.get(name);
}

function settle(
  directory: Directory,
  survivors: Survivors,
  fate: Fate,
  seen = new Map<Inode | Directory, Inode | Directory>(),
): Directory {
  const kept = new Map<string, Inode | Directory>();
  for (const name of namesOf(directory)) {
    const survived = survivors.get(directory)?.has(name) ?? false;
    const chosen = (survived ? directory.entries : directory.durable).get(name);
    if (chosen === undefined) continue;
    const settled =
      seen.get(chosen) ?? (isDirectory(chosen) ? settle(chosen, survivors, fate, seen) : settleFile(chosen, fate));
    seen.set(chosen, settled);
    kept.set(name, settled);
  }
  return { entries: kept, durable: new Map(kept) };
}

function settleFile(inode: Inode, fate: Fate): Inode {
  const { isSpoilt = false } = inode;
  if (inode.bytes === inode.durable) return { bytes: inode.bytes.slice(), durable: inode.bytes.slice(), isSpoilt };
  const bytes = new Uint8Array(fate() >= 0.5 ? inode.bytes.length : inode.durable.length);
  for (let start = 0; start < bytes.length; start += sectorBytes) {
    const end = Math.min(start + sectorBytes, bytes.length);
    const before = inode.durable.subarray(start, end);
    const after = inode.bytes.subarray(start, end);
    const same = before.length === after.length && before.every((byte, index) => byte === after[index]);
    bytes.set(same || fate() >= 0.5 ? after : before, start);
  }
  return { bytes, durable: bytes.slice(), isSpoilt };
}

/** The tree after a crash: a fresh one, so that handles from before touch nothing. */
export function afterCrash(root: Directory, renames: readonly Rename[], fate: Fate): Directory {
  return settle(root, drawNames(root, renames, fate), fate);
}
