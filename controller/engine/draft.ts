/** What a batch of decisions comes to before it is durable: writes laid over what is known. Thrown away when they can't be kept. */
import type { AuditHead } from '../../schemas/audit-chain.ts';
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { Known } from './known.ts';
import type { ChannelMarks, DeviceRecord, DocumentRoom, Documents, Owed, Write } from './records.ts';

/** Rooms of what is owed: one of each kind for a subject. */
const owedRooms: Readonly<Record<Owed['kind'], string>> = { issue: 'owed issue', deliver: 'owed deliver' };

function roomOf(write: Write): string {
  if (write.kind === 'document') return write.room;
  return write.kind === 'owed' ? owedRooms[write.owed.kind] : write.kind;
}

/** Within its room; empty where there is one. */
function nameOf(write: Write): string {
  switch (write.kind) {
    case 'device':
    case 'document':
    case 'marks':
    case 'token':
      return write.name;
    case 'owed':
      return write.owed.subject;
    case 'rollout':
    case 'definition':
    case 'finished':
      return write.fleet;
    case 'refusal':
      return write.key;
    case 'audit':
      return String(write.n);
    case 'aside':
      return `${write.row.room}/${write.row.key}`;
    default:
      return '';
  }
}

/** What is passing is written with what is not. */
function over(before: Write | undefined, write: Write): Write {
  if (write.kind !== 'device' || write.isPassing === undefined) return write;
  if (before?.kind !== 'device' || before.isPassing !== undefined) return write;
  return { kind: 'device', name: write.name, record: write.record };
}

/** What was there before a write was put over it. */
interface Covered {
  readonly ofKind: Map<string, Write>;
  readonly name: string;
  readonly before: Write | undefined;
}

export class Draft implements Known {
  readonly #base: Known;
  /** The newest write of each row: by kind, and by name where a kind has many. */
  readonly #writes = new Map<string, Map<string, Write>>();
  #size = 0;
  /** Since the attempt began that is under way, oldest first. */
  #covered: Covered[] = [];

  constructor(base: Known) {
    this.#base = base;
  }

  put(write: Write): void {
    const kind = roomOf(write);
    let ofKind = this.#writes.get(kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#writes.set(kind, ofKind);
    }
    const name = nameOf(write);
    const before = ofKind.get(name);
    if (before === undefined) this.#size += 1;
    ofKind.set(name, over(before, write));
    this.#covered.push({ ofKind, name, before });
  }

  /** What `work` puts counts when it comes to its end; when it throws, nothing of it was put. */
  attempt<T>(work: () => T): T {
    this.#covered = [];
    try {
      return work();
    } catch (error) {
      for (const covered of this.#covered.reverse()) this.#uncover(covered);
      throw error;
    } finally {
      this.#covered = [];
    }
  }

  #uncover({ ofKind, name, before }: Covered): void {
    if (before !== undefined) ofKind.set(name, before);
    else if (ofKind.delete(name)) this.#size -= 1;
  }

  /** Whether the attempt that is under way has put nothing. */
  get isUntouched(): boolean {
    return this.#covered.length === 0;
  }

  /** How many rows are written. */
  get size(): number {
    return this.#size;
  }

  get writes(): readonly Write[] {
    return [...this.#writes.values()].flatMap((ofKind) => [...ofKind.values()]);
  }

  #written<K extends Write['kind']>(kind: K, name = '', room: string = kind): Extract<Write, { kind: K }> | undefined {
    return this.#writes.get(room)?.get(name) as Extract<Write, { kind: K }> | undefined;
  }

  device(name: string): DeviceRecord {
    return this.#written('device', name)?.record ?? this.#base.device(name);
  }

  document<R extends DocumentRoom>(room: R, name: string): Documents[R] | undefined {
    const write = this.#written('document', name, room);
    return write === undefined ? this.#base.document(room, name) : (write.value as Documents[R] | undefined);
  }

  marks(name: string): ChannelMarks {
    return this.#written('marks', name)?.marks ?? this.#base.marks(name);
  }

  owed(kind: Owed['kind'], subject: string): Owed | undefined {
    const write = this.#written('owed', subject, owedRooms[kind]);
    if (write === undefined) return this.#base.owed(kind, subject);
    return write.settled ? undefined : write.owed;
  }

  rollout(fleet: string): Rollout | undefined {
    const write = this.#written('rollout', fleet);
    return write === undefined ? this.#base.rollout(fleet) : write.rollout;
  }

  goodDefinition(fleet: string): FleetDefinition | undefined {
    const write = this.#written('definition', fleet);
    return write === undefined ? this.#base.goodDefinition(fleet) : write.definition;
  }

  finishedRollouts(fleet: string): readonly FinishedRollout[] {
    return this.#written('finished', fleet)?.rollouts ?? this.#base.finishedRollouts(fleet);
  }

  get finishedFleets(): readonly string[] {
    const written = [...(this.#writes.get('finished')?.keys() ?? [])];
    const all = new Set([...this.#base.finishedFleets, ...written]);
    return [...all].filter((fleet) => this.finishedRollouts(fleet).length > 0);
  }

  get forgotten(): Required<Counted> {
    return this.#written('forgotten')?.forgotten ?? this.#base.forgotten;
  }

  get auditHead(): AuditHead {
    return this.#written('audit-head')?.head ?? this.#base.auditHead;
  }

  get revision(): RevisionStatus | undefined {
    return this.#written('revision')?.revision ?? this.#base.revision;
  }

  get source(): SourceStatus | undefined {
    return this.#written('source')?.source ?? this.#base.source;
  }

  /** Replaces what is remembered of a device. */
  keep(name: string, record: DeviceRecord): void {
    this.put({ kind: 'device', name, record });
  }
}
