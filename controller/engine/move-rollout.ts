/** What follows for a rollout from what is counted, from an operator, and from a commit. */
import { definitionOf } from '../manifests/definition.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { type Asked, actOn } from '../planning/rollout/act.ts';
import { withFinished } from '../planning/rollout/begin.ts';
import { goodNotThere } from '../planning/rollout/releases-gone.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import { step } from '../planning/rollout/step.ts';
import { whyNotAsked } from '../planning/rollout/whole-modules.ts';
import { adoptRollouts } from './adopt-rollouts.ts';
import type { Context } from './context.ts';
import type { Draft } from './draft.ts';
import { noFleet } from './engine-parts.ts';
import type { AdoptionEvent } from './events.ts';
import type { FollowedFleet } from './fleet-rollout.ts';
import { policiesOf } from './followed-fleets.ts';
import type { Tale } from './history.ts';

/** Why nothing comes of what an operator asked for. */
export interface ActRefusal {
  readonly code: 'ACT_REFUSED' | 'NO_ROLLOUT';
  readonly message: string;
}

/** What is told of it when it is durable. */
export interface Moved {
  readonly tales: readonly Tale[];
  readonly refusal?: ActRefusal;
}

const unmoved: Moved = { tales: [] };

function tale({ fleet, number, state }: Rollout, { code, message }: Rollout['reason']): Tale {
  const level = state === 'halted' || state === 'reverting' ? 'warn' : 'info';
  return { level, event: 'rollout.moved', fields: { fleet, number, code, message } };
}

/** What it brought everybody to is what the fleet goes back to from now on. */
function complete(draft: Draft, { desired, now }: Context, rollout: Rollout): void {
  const { fleet } = rollout;
  const definition = definitionOf(desired, fleet);
  if (definition?.hash === rollout.target) draft.put({ kind: 'definition', fleet, definition });
  const rollouts = withFinished(draft.finishedRollouts(fleet), { rollout, outcome: 'done', now });
  draft.put({ kind: 'finished', fleet, rollouts });
}

/** Goes on as far as what is counted lets it. */
export function stepRollout(draft: Draft, context: Context, fleet: string): Moved {
  const { rollouts, desired, now } = context;
  const one = rollouts.of(fleet);
  const standing = one?.standing(draft, desired);
  if (one === undefined || standing === undefined || !one.isCounted(draft)) return unmoved;
  const { rollout: before, policy } = standing;
  const { rollout, events } = step(before, policy, one.tally, now, one.deltasOf);
  if (rollout === before) return unmoved;
  draft.put({ kind: 'rollout', fleet, rollout });
  if (rollout.state === 'done') complete(draft, context, rollout);
  return { tales: events.map((event) => tale(rollout, event)) };
}

/** Why nobody, or not this device, can be let take modules whole. */
function whyNotWhole({ policy, waves, fleet }: FollowedFleet, rollout: Rollout, { device }: Asked): string | undefined {
  if (device !== undefined && !waves.has(device)) return `fleet ${fleet} has no device ${device}`;
  return whyNotAsked(rollout, policy);
}

/** Somebody does something to it, and it goes on by that at once; or is told why not. */
export function actOnRollout(draft: Draft, context: Context, fleet: string, asked: Asked): Moved {
  const { rollouts, now } = context;
  const one = rollouts.of(fleet);
  const before = draft.rollout(fleet);
  if (one === undefined || before === undefined) {
    return { tales: [], refusal: { code: 'NO_ROLLOUT', message: `no fleet ${fleet} rolls its changes out in waves` } };
  }
  const no = asked.act === 'allow-whole' ? whyNotWhole(one.followed, before, asked) : undefined;
  if (no !== undefined) return { tales: [], refusal: { code: 'ACT_REFUSED', message: no } };
  const gone = asked.revert ? goodNotThere(context.desired.catalogue, draft.goodDefinition(fleet)) : undefined;
  if (gone !== undefined) return { tales: [], refusal: { code: 'ACT_REFUSED', message: gone.message } };
  const acted = actOn(before, asked, one.followed.policy.waves, now);
  if (acted.kind === 'refused') return { tales: [], refusal: { code: 'ACT_REFUSED', message: acted.message } };
  const { rollout } = acted;
  draft.put({ kind: 'rollout', fleet, rollout });
  const { act, who, why, device } = asked;
  const fields = { fleet, number: rollout.number, act, who, why, ...(device === undefined ? {} : { device }) };
  return { tales: [{ level: 'info', event: 'rollout.act', fields }, ...stepRollout(draft, context, fleet).tales] };
}

interface Commit {
  readonly before: DesiredFleet;
  readonly after: DesiredFleet;
  readonly fleets: ReadonlySet<string>;
  readonly revision: string;
  readonly subject: string;
}

function begin(draft: Draft, { fleets, after, ...commit }: Commit, now: number): Tale[] {
  const inWaves = new Set(policiesOf(after, fleets).keys());
  const before = new Map(Array.from(fleets, (fleet) => [fleet, draft.rollout(fleet)]));
  adoptRollouts(draft, { ...commit, after, inWaves, kept: fleets, now });
  return [...inWaves].flatMap((fleet) => {
    const rollout = draft.rollout(fleet);
    return rollout === undefined || rollout === before.get(fleet) ? [] : [tale(rollout, rollout.reason)];
  });
}

/** What a commit that comes into force begins, supersedes and ends. */
export function beginRollouts(draft: Draft, { desired: before, now }: Context, event: AdoptionEvent): Tale[] {
  const { revision, followed } = event;
  const { wanted: after, touched: fleets } = followed;
  return begin(draft, { before, after, fleets, revision: revision.id, subject: revision.subject }, now);
}

/** Begins those anew of which what is durable does not say what is in force: nobody knows what they were at. */
export function mendRollouts(draft: Draft, { desired: after, now }: Context, fleets: readonly string[]): Moved {
  const { revision } = draft;
  if (revision === undefined) return unmoved;
  const { id, subject } = revision;
  return { tales: begin(draft, { before: noFleet, after, fleets: new Set(fleets), revision: id, subject }, now) };
}
