/** The revision that is in force, and how one comes into force: its rollouts are followed, and its devices thought over. */
import type { DesiredFleet } from '../manifests/desired.ts';
import { type EngineParts, noFleet } from './engine-parts.ts';
import type { AdoptionEvent, EngineEvent } from './events.ts';
import type { FleetRollouts } from './fleet-rollouts.ts';
import type { FollowedCommit } from './followed-fleets.ts';
import type { NameQueue } from './name-queue.ts';
import { inRowOrder } from './row-order.ts';

/** A revision that comes into force. */
export interface AdoptedRevision extends Pick<AdoptionEvent, 'revision' | 'source'> {
  readonly desired: DesiredFleet;
  /** Devices whose desired state came, went or differs. */
  readonly affected: ReadonlySet<string>;
}

export interface InForceParts extends Pick<EngineParts, 'image' | 'onChange'> {
  readonly rollouts: FleetRollouts;
  readonly toConsider: NameQueue;
  readonly tell: (event: EngineEvent) => void;
  /** As `tell`; resolves when what follows is durable. */
  readonly ask: (event: EngineEvent) => Promise<void>;
  /** Something is to be thought over. */
  readonly wake: () => void;
}

export class InForce {
  readonly #parts: InForceParts;
  #desired = noFleet;
  #revision: string | undefined;

  constructor(parts: InForceParts) {
    this.#parts = parts;
  }

  get desired(): DesiredFleet {
    return this.#desired;
  }

  /** Undefined before there is one. */
  get revision(): string | undefined {
    return this.#revision;
  }

  /** Takes up a revision that was in force before, nothing of which needs to be written. */
  resume(revision: string, desired: DesiredFleet, followed = this.#parts.rollouts.followed(desired)): void {
    const { rollouts, onChange, tell } = this.#parts;
    this.#follow(revision, followed);
    onChange(undefined);
    this.#consider(desired.devices.keys());
    const { behind } = rollouts;
    if (behind.length > 0) tell({ kind: 'rollouts-behind', fleets: behind });
    this.#considerStrangers();
  }

  /** A revision comes into force; durable when it resolves. */
  async adopt({ revision, source, desired, affected }: AdoptedRevision): Promise<void> {
    const { rollouts, onChange, image, ask, wake } = this.#parts;
    const isFirst = this.#revision === undefined;
    const followed = await rollouts.followedInTurns(desired, affected);
    await ask({ kind: 'adoption', revision, source, followed });
    this.#follow(revision.id, followed);
    onChange(affected);
    onChange([]);
    this.#consider(inRowOrder(affected, image.devices));
    if (isFirst) this.#considerStrangers();
    wake();
  }

  #follow(revision: string, followed: FollowedCommit): void {
    this.#revision = revision;
    this.#desired = followed.wanted;
    this.#parts.rollouts.follow(followed);
  }

  /** Those whose fleet is being counted are thought over after that. */
  #consider(names: Iterable<string>): void {
    const { toConsider, rollouts } = this.#parts;
    toConsider.addList(names, (name) => rollouts.isCounting(name));
  }

  /** Devices that git names no longer. */
  #considerStrangers(): void {
    const { toConsider, image, wake } = this.#parts;
    toConsider.addList(image.devices.keys(), (name) => this.#desired.devices.has(name));
    wake();
  }
}
