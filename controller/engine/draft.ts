/** What a batch of decisions comes to before it is durable: writes laid over what is known. Thrown away when they can't be kept. */
import type { DeviceEvent, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { Known } from './image.ts';
import { type DeviceRecord, type Owed, owedKey, type Write } from './records.ts';

function keyOf(write: Write): string {
  switch (write.kind) {
    case 'device':
    case 'history':
      return `${write.kind} ${write.name}`;
    case 'owed':
      return `owed ${owedKey(write.owed)}`;
    case 'refusal':
      return `refusal ${write.key}`;
    default:
      return write.kind;
  }
}

export class Draft implements Known {
  readonly #base: Known;
  /** The newest write of each row, in the order in which the rows were first touched. */
  readonly #writes = new Map<string, Write>();

  constructor(base: Known) {
    this.#base = base;
  }

  put(write: Write): void {
    this.#writes.set(keyOf(write), write);
  }

  /** Takes over what another draft over this one came to. */
  absorb(draft: Draft): void {
    for (const [key, write] of draft.#writes) this.#writes.set(key, write);
  }

  /** How many rows are written. */
  get size(): number {
    return this.#writes.size;
  }

  get writes(): readonly Write[] {
    return [...this.#writes.values()];
  }

  /** A key begins with the kind of its write. */
  #written<K extends Write['kind']>(key: K | `${K} ${string}`): Extract<Write, { kind: K }> | undefined {
    return this.#writes.get(key) as Extract<Write, { kind: K }> | undefined;
  }

  device(name: string): DeviceRecord {
    return this.#written<'device'>(`device ${name}`)?.record ?? this.#base.device(name);
  }

  history(name: string): readonly DeviceEvent[] {
    return this.#written<'history'>(`history ${name}`)?.events ?? this.#base.history(name);
  }

  owed(key: string): Owed | undefined {
    const write = this.#written<'owed'>(`owed ${key}`);
    if (write === undefined) return this.#base.owed(key);
    return write.settled ? undefined : write.owed;
  }

  get revision(): RevisionStatus | undefined {
    return this.#written<'revision'>('revision')?.revision ?? this.#base.revision;
  }

  get source(): SourceStatus | undefined {
    return this.#written<'source'>('source')?.source ?? this.#base.source;
  }

  /** Replaces what is remembered of a device. */
  keep(name: string, record: DeviceRecord): void {
    this.put({ kind: 'device', name, record });
  }
}
