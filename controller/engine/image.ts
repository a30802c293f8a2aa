/**
 * All that the controller remembers, in memory but for the documents of devices: loaded once, and changed only by writes that are
 * durable already.
 */
import { noAudit } from '../../schemas/audit-chain.ts';
import type { Refusal, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { KeptToken } from '../access/token.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { StatePort } from '../state/state-port.ts';
import { noShadow } from './device-shadow.ts';
import { DocumentShelf } from './document-shelf.ts';
import type { Known } from './known.ts';
import type { ChannelMarks, DeviceRecord, DocumentRoom, Documents, Owed, Write } from './records.ts';
import { isInTrouble } from './reminders.ts';
import { SharedValues } from './shared-values.ts';
import { UnwrittenRows } from './unwritten-rows.ts';

/** A device of which nothing is known. */
export const strange: DeviceRecord = { shadow: noShadow };

const noMarks: ChannelMarks = {};

/** Told of every record, as it is loaded and whenever it changes. */
export type OnRecord = (name: string, record: DeviceRecord) => void;

function keepOrForget<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

export class Image implements Known {
  readonly devices = new Map<string, DeviceRecord>();
  /** Devices with a mark of what they may not have been told. */
  readonly untold = new Set<string>();
  /** Devices that have trouble on the way to what they were issued. */
  readonly inTrouble = new Set<string>();
  readonly channels = new Map<string, ChannelMarks>();
  /** What is owed, by kind and subject. */
  readonly work: Readonly<Record<Owed['kind'], Map<string, Owed>>> = { issue: new Map(), deliver: new Map() };
  /** By fleet, of those that have waves. */
  readonly rollouts = new Map<string, Rollout>();
  readonly #definitions = new Map<string, FleetDefinition>();
  readonly #finished = new Map<string, readonly FinishedRollout[]>();
  forgotten: Required<Counted> = { number: 0, retries: 0 };
  revision: RevisionStatus | undefined;
  source: SourceStatus | undefined;
  /** A commit that an operator took and that is not in force yet. */
  accepted: string | undefined;
  /** Who was not let in, by key. */
  readonly refusals = new Map<string, Refusal>();
  /** Named tokens, by name. */
  readonly tokens = new Map<string, KeptToken>();
  auditHead = noAudit;
  /** Rows that could not be read since this controller started. */
  rowsSetAside = 0;
  readonly documents: DocumentShelf;
  readonly unwritten: UnwrittenRows;
  readonly #shared: SharedValues;
  readonly #onRecord: OnRecord;

  constructor(state: Pick<StatePort, 'read'>, shared = new SharedValues(), onRecord: OnRecord = () => {}) {
    this.#shared = shared;
    this.#onRecord = onRecord;
    this.unwritten = new UnwrittenRows(state);
    this.documents = new DocumentShelf(this.unwritten);
  }

  device(name: string): DeviceRecord {
    return this.devices.get(name) ?? strange;
  }

  document<R extends DocumentRoom>(room: R, name: string): Documents[R] | undefined {
    return this.documents.get(room, name);
  }

  marks(name: string): ChannelMarks {
    return this.channels.get(name) ?? noMarks;
  }

  owed(kind: Owed['kind'], subject: string): Owed | undefined {
    return this.work[kind].get(subject);
  }

  rollout(fleet: string): Rollout | undefined {
    return this.rollouts.get(fleet);
  }

  goodDefinition(fleet: string): FleetDefinition | undefined {
    return this.#definitions.get(fleet);
  }

  /** What fleets go back to. */
  get goodDefinitions(): Iterable<FleetDefinition> {
    return this.#definitions.values();
  }

  finishedRollouts(fleet: string): readonly FinishedRollout[] {
    return this.#finished.get(fleet) ?? [];
  }

  get finishedFleets(): readonly string[] {
    return [...this.#finished.keys()];
  }

  /** Takes a durable write in. */
  apply(write: Write): void {
    switch (write.kind) {
      case 'device':
        this.devices.set(write.name, this.#shared.inRecord(write.record, this.devices.get(write.name)));
        if (write.record.untoldSince === undefined) this.untold.delete(write.name);
        else this.untold.add(write.name);
        if (isInTrouble(write.record)) this.inTrouble.add(write.name);
        else this.inTrouble.delete(write.name);
        this.#onRecord(write.name, write.record);
        break;
      case 'document':
        this.documents.keep(write);
        break;
      case 'marks':
        this.channels.set(write.name, write.marks);
        break;
      case 'owed':
        if (write.settled) this.work[write.owed.kind].delete(write.owed.subject);
        else this.work[write.owed.kind].set(write.owed.subject, write.owed);
        break;
      case 'revision':
        this.revision = write.revision;
        break;
      case 'source':
        this.source = write.source;
        break;
      case 'accepted':
        this.accepted = write.revision;
        break;
      case 'rollout':
        keepOrForget(this.rollouts, write.fleet, write.rollout);
        break;
      case 'definition':
        keepOrForget(this.#definitions, write.fleet, write.definition);
        break;
      case 'finished':
        keepOrForget(this.#finished, write.fleet, write.rollouts.length === 0 ? undefined : write.rollouts);
        break;
      case 'forgotten':
        this.forgotten = write.forgotten;
        break;
      case 'refusal':
        if (write.refusal === undefined) this.refusals.delete(write.key);
        else this.refusals.set(write.key, write.refusal);
        break;
      case 'token':
        keepOrForget(this.tokens, write.name, write.token);
        break;
      // Read when somebody asks for it.
      case 'audit':
        break;
      case 'audit-head':
        this.auditHead = write.head;
        break;
      case 'aside':
        this.rowsSetAside += 1;
        break;
      default:
        write satisfies never;
    }
  }
}
