/** Devices that are thought over, as many in a turn as there is time for: what they get is planned, signed and decided upon. */
import type { Clock } from '../../platform/ports.ts';
import { holdEndsAt } from '../planning/hold.ts';
import { consider } from './consider.ts';
import { type Context, observe } from './context.ts';
import { type Decision, decide } from './decide.ts';
import type { Draft } from './draft.ts';
import { DueNames } from './due-names.ts';
import type { Envelopes } from './envelopes.ts';
import type { EngineEvent } from './events.ts';
import type { FleetRollouts } from './fleet-rollouts.ts';
import type { Known } from './known.ts';
import type { NameQueue } from './name-queue.ts';
import { devicesPerTurn, type Turn } from './turn.ts';

export interface DeviceTurnsParts {
  readonly clock: Clock;
  readonly toConsider: NameQueue;
  readonly rollouts: FleetRollouts;
  readonly envelopes: Envelopes;
  readonly consider: (devices: Iterable<string>) => void;
  readonly tell: (event: EngineEvent) => void;
}

/** Takes down what a device is in the rollout of its fleet. */
export function countDevice(rollouts: FleetRollouts, known: Known, context: Context, device: string): void {
  const desired = context.desired.devices.get(device);
  rollouts.note(known, desired, () => observe(known, context, device, desired));
}

export class DeviceTurns {
  readonly #parts: DeviceTurnsParts;
  readonly #holdEnds: DueNames;

  constructor(parts: DeviceTurnsParts) {
    this.#parts = parts;
    this.#holdEnds = new DueNames(parts.clock, parts.consider);
  }

  /** Takes devices until `end` of the monotonic clock. */
  take({ draft, decisions, considered }: Turn, context: Context, end: number): void {
    const { clock, toConsider } = this.#parts;
    while (!toConsider.isEmpty && considered.length < devicesPerTurn && clock.monotonic() < end) {
      const device = toConsider.take();
      if (device === undefined) continue;
      considered.push(device);
      const decision = this.#issue(draft, device, context);
      if (decision !== undefined) decisions.push(decision);
      this.#parts.rollouts.afterAsking(context.desired.devices.get(device));
    }
  }

  stop(): void {
    this.#holdEnds.stop();
  }

  /** Plans, signs, and decides upon what came of it. */
  #issue(draft: Draft, device: string, context: Context): Decision | undefined {
    const { rollouts, envelopes, tell } = this.#parts;
    try {
      return draft.attempt(() => {
        const desired = context.desired.devices.get(device);
        this.#holdEnds.note(device, desired && holdEndsAt(desired));
        countDevice(rollouts, draft, context, device);
        const issue = consider(draft, context, device);
        const signed = issue && envelopes.signed(issue);
        const decision = signed && decide(draft, context, { kind: 'signed', device, ...signed });
        // The next one of this turn finds less room; also when this one is offered again what was kept from it.
        if (!draft.isUntouched) countDevice(rollouts, draft, context, device);
        return decision;
      });
    } catch (error) {
      tell({ kind: 'failed', owed: { kind: 'issue', subject: device }, error });
      return undefined;
    }
  }
}
