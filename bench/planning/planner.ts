/** What the engine does to plan, with nothing around it: no loop, no state on a disk, nothing signed or said. */
import { consider } from '../../controller/engine/consider.ts';
import type { Context } from '../../controller/engine/context.ts';
import { decide } from '../../controller/engine/decide.ts';
import { countDevice } from '../../controller/engine/device-turns.ts';
import { Draft } from '../../controller/engine/draft.ts';
import { noFleet } from '../../controller/engine/engine-parts.ts';
import type { EngineEvent } from '../../controller/engine/events.ts';
import { FleetRollouts } from '../../controller/engine/fleet-rollouts.ts';
import { Image } from '../../controller/engine/image.ts';
import { NameQueue } from '../../controller/engine/name-queue.ts';
import { type DeviceRecord, rolloutsIn } from '../../controller/engine/records.ts';
import type { DesiredFleet } from '../../controller/manifests/desired.ts';
import { noneOpen } from '../../controller/planning/rollout/deltas.ts';
import type { Clock } from '../../platform/ports.ts';

const idleClock = { after: () => ({ [Symbol.dispose]: () => {} }) };

export class Planner {
  readonly image = new Image({ read: async () => [] });
  readonly #toConsider = new NameQueue();
  readonly #events: EngineEvent[] = [];
  readonly #rollouts: FleetRollouts;
  #desired: DesiredFleet = noFleet;
  #commits = 0;
  /** Milliseconds since the epoch. */
  now = Date.parse('2026-06-01T00:00:00Z');
  /** Deployments that devices got. */
  issued = 0;

  constructor() {
    this.#rollouts = new FleetRollouts({
      clock: { ...idleClock, now: () => this.now } as unknown as Clock,
      image: this.image,
      tell: (event) => void this.#events.push(event),
      deltasTo: () => noneOpen,
      consider: (devices) => {
        for (const device of devices) this.#toConsider.add(device);
      },
      considerList: (...list) => this.#toConsider.addList(...list),
    });
  }

  get context(): Context {
    return {
      ...{ desired: this.#desired, revision: this.image.revision?.id, isBranchSeen: true, keyId: 'key' },
      ...{ rollouts: this.#rollouts, links: undefined, heard: new Map(), now: this.now },
    };
  }

  /** A commit comes into force, and all that follows from it. */
  commit(desired: DesiredFleet, affected: ReadonlySet<string>): void {
    this.#commits += 1;
    const committedAt = new Date(this.now).toISOString();
    const id = String(this.#commits % 10).repeat(40);
    const followed = this.#rollouts.followed(desired, affected);
    this.#decide({
      ...{ kind: 'adoption', followed },
      revision: { id, subject: 'x', author: 'x', committedAt },
      source: { state: 'current', location: 'x', branch: 'main', problems: [] },
    });
    this.#desired = desired;
    this.#rollouts.follow(followed);
    this.#toConsider.addList(affected, (name) => this.#rollouts.isCounting(name));
    this.drain();
  }

  /** A start over what is remembered: everything is counted and thought over. */
  start(desired: DesiredFleet): void {
    this.#desired = desired;
    this.#rollouts.follow(this.#rollouts.followed(desired));
    this.#toConsider.addList(desired.devices.keys(), (name) => this.#rollouts.isCounting(name));
    this.drain();
  }

  /** A device says that it runs what it was issued, and all that follows. */
  report(name: string): void {
    const record = this.image.device(name);
    const { issued } = record;
    if (issued === undefined) return;
    const { sequence, revision } = issued;
    const since = new Date(this.now).toISOString();
    const gist: DeviceRecord['gist'] = {
      ...{ phase: 'active', since, highestSequence: sequence, running: { sequence, revision }, applications: [] },
    };
    this.image.apply({ kind: 'device', name, record: { ...record, gist, contactAt: this.now } });
    countDevice(this.#rollouts, this.image, this.context, name);
    this.#toConsider.add(name);
    this.drain();
  }

  /** The time of a rollout has come. */
  tick(fleet: string): void {
    this.#decide({ kind: 'rollout-step', fleet });
  }

  /** Until nothing follows any more. */
  drain(): void {
    while (this.#events.length > 0 || !this.#toConsider.isEmpty) {
      for (const event of this.#events.splice(0)) this.#decide(event);
      const name = this.#toConsider.take();
      if (name !== undefined) this.#consider(name);
    }
  }

  #decide(event: EngineEvent): void {
    const draft = new Draft(this.image);
    if (event.kind === 'rollout-step') this.#rollouts.looksAt(event.fleet);
    decide(draft, this.context, event);
    const { writes } = draft;
    const moved = rolloutsIn(writes, this.image);
    for (const write of writes) this.image.apply(write);
    for (const [fleet, before] of moved) this.#rollouts.moved(fleet, before);
  }

  #consider(name: string): void {
    const draft = new Draft(this.image);
    const { context } = this;
    countDevice(this.#rollouts, draft, context, name);
    const issue = consider(draft, context, name);
    if (issue === undefined) return;
    this.issued += 1;
    const record = { ...this.image.device(name), issued: issue.issued };
    this.image.apply({ kind: 'device', name, record });
    countDevice(this.#rollouts, this.image, context, name);
  }

  /** What is counted of each wave of each fleet, and where its rollout is. */
  get counts(): string {
    return JSON.stringify(
      Array.from(this.#desired.fleets.keys(), (fleet) => {
        const view = this.#rollouts.view(fleet, this.now);
        return [fleet, view?.rollout.state, view?.rollout.wave, view?.waves];
      }),
    );
  }
}
