/** What a simulation assumes and comes to, in sentences. Pure. */
import { type ContactKind, contactKinds } from '../../controller/simulation/contacts.ts';
import type { FleetSummary, LinkSummary, Spread } from '../../controller/simulation/summary.ts';
import type { RolloutUnderWay } from '../simulated-beginning.ts';
import { knownText, oldestContactText } from './plan-words.ts';
import { bytes, minuteOf, money, plural, span } from './quantities.ts';
import { openWaveOf, placeWords, waveWords } from './rollout-words.ts';
import type { ShownSimulation } from './simulation.ts';

/** `2d4h`, or `2d4h ago` of what was before the beginning; `never` where it did not come to pass. */
export function timeText(ms: number | undefined): string {
  if (ms === undefined) return 'never';
  return ms < 0 ? `${span(-ms)} ago` : span(ms);
}

function kindText(kind: ContactKind): string {
  const { upMs, silenceMs } = contactKinds[kind];
  if (kind === 'always') return 'always in contact';
  return `in contact as a ${kind} is, ${span(upMs)} at a time and ${span(silenceMs)} apart in the mean`;
}

/** How places come into contact. */
export function contactText({ asked, contacts }: Pick<ShownSimulation, 'asked' | 'contacts'>): string {
  const { places, remembered } = contacts;
  const assumed = places - remembered - asked.contacts.size;
  const known = `${plural(remembered, 'place')} as the controller remembers, each contact as long as a ${asked.contact}'s`;
  return [
    ...(remembered === 0 ? [] : [known]),
    ...(assumed === 0 ? [] : [`no history of ${plural(assumed, 'place')}: assumed ${kindText(asked.contact)}`]),
    ...[...asked.contacts].map(([place, kind]) => `${place} ${kindText(kind)}`),
    ...[...asked.darkMs].map(([place, ms]) => `${place} dark for ${span(ms)}`),
  ].join('; ');
}

function underWayText({ fleet, rollout }: RolloutUnderWay): string {
  const { number, state } = rollout;
  const open = openWaveOf(rollout);
  const how = open === undefined ? '' : `, ${placeWords(rollout)}: ${waveWords(open)}`;
  return `rollout ${number} of ${fleet} ${state}${how}${state === 'paused' ? ', and nobody resumes it' : ''}`;
}

/** By what it begins there. */
export function toldText({ plan, beginning }: Pick<ShownSimulation, 'plan' | 'beginning'>): string {
  if (beginning === undefined) return knownText(plan);
  return `what the controller goes by of ${plural(beginning.devices.length, 'device')}${oldestContactText(beginning)}`;
}

/** Where it begins. */
export function beginningText({ beginning }: Pick<ShownSimulation, 'beginning'>): string {
  if (beginning === undefined) return 'with devices that all run the base';
  const { asOf, rollouts } = beginning;
  const where = rollouts.length === 0 ? 'no rollout is under way' : rollouts.map(underWayText).join('; ');
  return `where the controller stood at ${minuteOf(asOf)}: ${where}`;
}

/** What is simulated how. */
export const methodText =
  "the controller's own engine; devices without disk and applications, which decide by the agent's own code";

/** `5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}

function afterText(ms: number): string {
  return ms === 0 ? 'as soon as it is' : `${span(ms)} after it is`;
}

const goesOnText =
  'devices on the way stand where they said last, with nothing fetched yet of what they fetch, and ask for consent anew';

/** What is taken to be so because nobody knows. */
export function assumedText({ asked, asking, beginning }: Pick<ShownSimulation, 'asked' | 'asking' | 'beginning'>) {
  return [
    ...(beginning === undefined ? [] : [goesOnText]),
    `modules over the ${asked.over} link of a site that may carry them, at 1 Mbit/s where it tells of none, in the hours of that link and within its budget`,
    ...(asking === 0 ? [] : [`${plural(asking, 'device')} let take modules whole at once, which they ask for`]),
    asked.whenTrueShare === 1
      ? 'conditions true'
      : `conditions true for ${percent(asked.whenTrueShare)} of the time, in stretches of chance`,
    `consent ${afterText(asked.consentAfterMs)} asked for`,
    `the yes to a wave ${afterText(asked.approveAfterMs)} waited for`,
  ].join('; ');
}

function haltedText({ halted, haltedBecause }: FleetSummary, runs: number): string[] {
  return halted === 0 ? [] : [`halted in ${halted} of ${runs} runs (${haltedBecause})`];
}

function leftText({ left, failed }: FleetSummary): string[] {
  if (left.worst === 0) return [];
  const gaveUp = failed.worst === 0 ? '' : `, of which ${failed.p50}, ${failed.p95} and ${failed.worst} gave it up`;
  return [
    `devices left without it at the end: ${left.p50} in half of the runs, ${left.p95} in 95 of 100, ${left.worst} at worst${gaveUp}`,
  ];
}

/** How a fleet fares besides its times; nothing where every run ends with all its devices. */
export function fleetText(fleet: FleetSummary, runs: number): string | undefined {
  const { underWay } = fleet;
  const late = underWay === 0 ? [] : [`still under way at the end of ${underWay} of ${runs} runs`];
  const parts = [...haltedText(fleet, runs), ...late, ...leftText(fleet)];
  return parts.length === 0 ? undefined : `${fleet.fleet}: ${parts.join('; ')}`;
}

/** What a spread of bytes or money is in words. */
export function cells({ p50, p95, worst }: Spread, text: (value: number | undefined) => string): string[] {
  return [text(p50), text(p95), text(worst)];
}

/** `1.2 MB`. */
export function bytesText(count: number | undefined): string {
  return bytes(count ?? 0);
}

/** `4.50 EUR`; `-` where its site tells of no price. */
export function priceText({ currency }: LinkSummary): (amount: number | undefined) => string {
  return (amount = 0) => (currency === undefined ? '-' : money(amount, currency));
}
