/**
 * Of everything that a device is offered: it is what its rollout, its hold or git lets it have, it is not held, it got it once, and of its
 * group no more are on their way than may be, those counted that have not heard of theirs.
 */
import { type FleetDefinition, pinnedDefinition } from '../../../controller/manifests/definition.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { type IssuedDeployment, isFailing } from '../../../controller/planning/observed.ts';
import { groupOf } from '../../../controller/planning/rollout/budget.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import type { DeviceHold } from '../../../schemas/generated/types.ts';
import type { RolloutsWorld } from './rollouts-world.ts';

/** A deployment that became durable since the last look. */
interface Offer {
  readonly name: string;
  readonly fleet: string;
  readonly issued: IssuedDeployment;
  readonly before: IssuedDeployment | undefined;
  /** A rollout brought it, not its own manifest or its site's. */
  readonly isByRollout: boolean;
  /** It has to stop something for it. */
  readonly isChange: boolean;
}

/** How things are, or were at the last look. */
interface Moment {
  readonly desired: DesiredFleet;
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** By fleet, what it completed last. */
  readonly good: ReadonlyMap<string, FleetDefinition>;
  readonly waves: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The hash of what the fleet of an offer completed last, by each moment. */
function goodIn({ fleet }: Offer, ...moments: readonly Moment[]): readonly (string | undefined)[] {
  return moments.map(({ good }) => good.get(fleet)?.hash);
}

/** What held its device when it became durable, by the manifests of each moment. */
function holdsIn({ name, issued }: Offer, ...moments: readonly Moment[]): readonly (DeviceHold | undefined)[] {
  return moments.map(({ desired }) => {
    const hold = desired.devices.get(name)?.hold;
    const isOver = hold?.until !== undefined && issued.issuedAt >= Date.parse(hold.until);
    return isOver ? undefined : hold;
  });
}

export class OfferPromise {
  readonly #world: RolloutsWorld;
  #before: Moment | undefined;
  readonly #issued = new Map<string, IssuedDeployment>();
  /** By device, what its fleet had completed last when it was offered its newest. */
  readonly #good = new Map<string, readonly (string | undefined)[]>();
  /** What each device was offered by its fleet's rollouts. */
  readonly #got = new Map<string, Set<string>>();
  /** Devices that were not heard at rest since the state came back as its backup was. */
  readonly #unheard = new Set<string>();
  /** Those of them that were offered nothing since. */
  readonly #unsure = new Set<string>();
  /** What is known has not become so by anybody's decision. */
  #isAnew = false;

  constructor(world: RolloutsWorld) {
    this.#world = world;
  }

  said(device: string): void {
    if (!this.#world.devices.get(device)!.isTrying) this.#unheard.delete(device);
  }

  restored(): void {
    this.#isAnew = true;
    this.#got.clear();
    for (const name of this.#world.devices.keys()) {
      this.#unheard.add(name);
      this.#unsure.add(name);
    }
  }

  check(): void {
    const now = this.#moment();
    const offers = this.#offers(now);
    const before = this.#before;
    if (before !== undefined && !this.#isAnew) {
      for (const offer of offers) {
        if (holdsIn(offer, before, now).some((hold) => hold?.releases !== undefined)) {
          this.#isAsPinned(offer, before, now);
        } else {
          this.#isNotHeld(offer, before, now);
          this.#isPermitted(offer, before, now);
          this.#isOnce(offer, before, now);
        }
        this.#isWithinBudget(offer, offers);
      }
    }
    if (this.#isAnew) this.#issued.clear();
    for (const offer of offers) {
      this.#issued.set(offer.name, offer.issued);
      this.#good.set(offer.name, goodIn(offer, before ?? now, now));
    }
    this.#isAnew = false;
    this.#before = now;
  }

  #moment(): Moment {
    const { engine, image, fleets } = this.#world;
    const followed = fleets.flatMap((fleet) => engine.context.rollouts.of(fleet)?.followed ?? []);
    return {
      desired: engine.desired,
      rollouts: new Map(image.rollouts),
      good: new Map(Array.from(image.goodDefinitions, (definition) => [definition.fleet, definition])),
      waves: new Map(followed.map(({ fleet, waves }) => [fleet, waves])),
    };
  }

  #offers({ desired }: Moment): Offer[] {
    const { image, devices } = this.#world;
    return [...devices.keys()].flatMap((name) => {
      const { issued } = image.device(name);
      const before = this.#isAnew ? undefined : this.#issued.get(name);
      if (issued === undefined || (issued.sequence === before?.sequence && issued.issuedAt === before.issuedAt))
        return [];
      const fleet = (desired.devices.get(name) ?? this.#before?.desired.devices.get(name))?.fleet ?? '';
      const isByRollout = issued.definition !== undefined && issued.definition !== before?.definition;
      return [{ name, fleet, issued, before, isByRollout, isChange: this.#isChange(name, issued.sequence) }];
    });
  }

  #isNotHeld(offer: Offer, ...moments: readonly Moment[]): void {
    const isHeld = holdsIn(offer, ...moments).every((hold) => hold !== undefined);
    if (!isHeld || this.#isTakenBack(offer)) return;
    throw new Error(`${offer.name} is held and was offered ${offer.issued.sequence}`);
  }

  /** Of one that has not said that it took what it was offered before: it is what its fleet had completed then, or nothing where that was nothing. */
  #isTakenBack({ name, issued, before }: Offer): boolean {
    const { gist } = this.#world.image.device(name);
    if (before === undefined || gist?.running?.sequence === before.sequence) return false;
    const good = this.#good.get(name) ?? [];
    return good.includes(issued.definition) && (issued.definition !== undefined || issued.applications.length === 0);
  }

  /** Of one that was held at releases all the time: it has these, and besides what its fleet completed last, or git wants at once. */
  #isAsPinned(offer: Offer, ...moments: readonly Moment[]): void {
    const { name, fleet, issued } = offer;
    // What its hold took it away from comes again when that is over.
    this.#got.delete(name);
    if (this.#isTakenBack(offer)) return;
    const holds = holdsIn(offer, ...moments);
    if (holds.some((hold) => hold?.releases === undefined)) return;
    const isSo = moments.some(({ good, desired, rollouts }, at) => {
      const { pump } = holds[at]!.releases!;
      if (issued.applications.some(({ version }) => version !== pump)) return false;
      const base = good.get(fleet);
      const isGood = base && issued.definition === pinnedDefinition(base, { pump: pump! }, desired.catalogue).hash;
      return isGood === true || (issued.definition === undefined && !rollouts.has(fleet));
    });
    if (!isSo) throw new Error(`${name} is held ${JSON.stringify(holds)} and was offered ${JSON.stringify(issued)}`);
  }

  /** As the rollout was then, or is now, it had to be permitted. */
  #isPermitted({ name, fleet, issued, isByRollout }: Offer, ...moments: readonly Moment[]): void {
    // Who came into the fleet since had no wave then.
    const drawn = moments.at(-1)!.waves.get(fleet);
    const mayHave = ({ rollouts, waves }: Moment): boolean => {
      const rollout = rollouts.get(fleet);
      if (rollout === undefined || issued.definition === rollout.good) return true;
      const { target, state, wave } = rollout;
      // What its own manifest or its site changes reaches who has the target already, unless that is halted.
      if (!isByRollout && issued.definition === target && state !== 'halted' && state !== 'reverting') return true;
      const own = waves.get(fleet)?.get(name) ?? drawn?.get(name) ?? Number.POSITIVE_INFINITY;
      return issued.definition === target && (state === 'done' || (state === 'running' && own <= wave));
    };
    if ([...moments, ...this.#superseded(fleet, moments)].some(mayHave)) return;
    const then = moments.map(({ rollouts }) => rollouts.get(fleet));
    throw new Error(`${name} was offered ${issued.definition} while ${JSON.stringify(then)}`);
  }

  /** The first of these with the rollout as it was when another took its place since: somebody may have tried it again in that very moment. */
  #superseded(fleet: string, [before]: readonly Moment[]): readonly Moment[] {
    const ended = this.#world.image.finishedRollouts(fleet)[0];
    if (before === undefined || ended === undefined || ended.number !== before.rollouts.get(fleet)?.number) return [];
    return [{ ...before, rollouts: new Map([[fleet, ended]]) }];
  }

  /** Nothing goes twice to a device, unless somebody tries again. */
  #isOnce({ name, fleet, issued, before, isByRollout }: Offer, ...moments: readonly Moment[]): void {
    if (this.#unsure.has(name)) {
      if (!this.#unheard.has(name)) this.#unsure.delete(name);
      return;
    }
    const rollout = moments.at(-1)!.rollouts.get(fleet);
    if (rollout === undefined || !isByRollout || issued.definition !== rollout.target) return;
    const had = before?.fleet === issued.fleet ? this.#got.get(name) : undefined;
    const got = had ?? new Set();
    const key = `${fleet} ${rollout.number} ${rollout.retries}`;
    if (got.has(key))
      throw new Error(`${name} was offered the same twice: ${key}, ${JSON.stringify([before, issued])}`);
    this.#got.set(name, got.add(key));
  }

  /** Whether it is something else than what the device runs, by what was truly signed for it. */
  #isChange(name: string, sequence: number): boolean {
    const { running } = this.#world.devices.get(name)!;
    return this.#world.signedFor(name, sequence)?.work !== running?.work;
  }

  /** Whether it is on its way to something else, or was told so and has not heard it yet. */
  #isAway(name: string): boolean {
    const { isChanging, highest } = this.#world.devices.get(name)!;
    const issued = this.#issued.get(name);
    // What was taken out of its shadow before it saw it never reaches it.
    const isTold = this.#world.image.device(name).shadow.desiredAt !== undefined;
    const isUnseen = issued !== undefined && isTold && issued.sequence > highest;
    return isChanging || (isUnseen && this.#isChange(name, issued.sequence));
  }

  /** Whether its group has to do without it as it does badly: then it has a place in the budget. */
  #isDown(name: string): boolean {
    return this.#world.image.device(name).gist?.applications.some(isFailing) === true;
  }

  /** Whether it said that it is through with what it was offered before. */
  #isKnownAtRest(name: string, before: IssuedDeployment | undefined): boolean {
    const { gist } = this.#world.image.device(name);
    if (before === undefined) return true;
    return (
      gist !== undefined && gist.highestSequence >= before.sequence && gist.target === undefined && !this.#isDown(name)
    );
  }

  #isWithinBudget({ name, fleet, before, issued, isChange }: Offer, offers: readonly Offer[]): void {
    const { engine } = this.#world;
    const { budget, waves } = this.#policyOf(fleet);
    const own = engine.desired.devices.get(name);
    const group = budget && own && groupOf(budget, own);
    if (!isChange || budget === undefined || group === undefined) return;
    // By what is known it stops nothing; what it runs since the backup nobody can know.
    if (issued.goesOn === true && this.#unheard.has(name)) return;
    // Who has a place in the budget keeps it.
    if (!this.#isKnownAtRest(name, before) || this.#isAway(name)) return;
    const offered = new Set(offers.filter((offer) => offer.isChange).map((offer) => offer.name));
    const others = [...waves.keys()].filter((other) => {
      if (other === name || this.#unheard.has(other)) return false;
      const device = engine.desired.devices.get(other);
      const isMate = device !== undefined && groupOf(budget, device) === group;
      return isMate && (offered.has(other) || this.#isAway(other));
    });
    if (others.length >= budget.maxUnavailable) {
      throw new Error(`${name} was offered something while ${others.join(', ')} of ${group} are on their way`);
    }
  }

  #policyOf(fleet: string) {
    const followed = this.#world.engine.context.rollouts.of(fleet)?.followed;
    return { budget: followed?.policy.budget, waves: followed?.waves ?? new Map<string, number>() };
  }
}
