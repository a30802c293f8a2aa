/**
 * Whether a rollout finds in its fleet what it asks for: somebody for each wave that selects, somebody whom the first one leaves,
 * and the label that its budget groups by. For each such demand one device is remembered that meets it, so that the fleet is gone through again only
 * when that device or the fleet itself is touched.
 */
import type { Fleet, Labels, RolloutWave, Selector } from '../../schemas/generated/types.ts';
import { isAll } from './check-rollout.ts';
import { type Draft, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import type { Membership } from './membership.ts';
import { countUnder, namesUnder } from './name-index.ts';
import { listNames } from './nearest-name.ts';
import { labelTerms, selectorKeys, selects } from './selector.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** Where no device of the fleet meets a demand. */
const nobody = '';

/** What a demand is held against. */
interface Candidate {
  readonly name: string;
  readonly labels: Readonly<Labels>;
  readonly site: string | undefined;
}

interface WaveDemand {
  readonly kind: 'wave';
  readonly index: number;
  readonly wave: string;
  readonly keys: readonly string[];
}

/** Somebody whom the selector of the first wave leaves. */
interface RestDemand {
  readonly kind: 'rest';
  readonly wave: string;
  readonly limit: RolloutWave['limit'];
}

type Demand = WaveDemand | RestDemand | { readonly kind: 'group'; readonly groupBy: string };

interface AskedDemand {
  readonly demand: Demand;
  readonly isMetBy: (candidate: Candidate) => boolean;
}

/** Whether a wave takes a device for certain: what a smaller limit takes depends on who else there is. */
function takesSurely({ selector, limit }: RolloutWave, labels: Readonly<Labels>): boolean {
  return isAll(limit) && (selector === undefined || selects(selector, labels));
}

function waveDemands(waves: readonly RolloutWave[]): readonly AskedDemand[] {
  return waves.flatMap(({ name, selector }, index): AskedDemand[] => {
    if (selector === undefined) return [];
    const demand = { kind: 'wave', index, wave: name, keys: selectorKeys(selector) } as const;
    const before = waves.slice(0, index);
    const isMetBy = ({ labels }: Candidate): boolean =>
      selects(selector, labels) && !before.some((wave) => takesSurely(wave, labels));
    return [{ demand, isMetBy }];
  });
}

function restDemand([first]: readonly RolloutWave[]): readonly AskedDemand[] {
  if (first?.selector === undefined) return [];
  const { name, selector, limit } = first;
  const isMetBy = ({ labels }: Candidate): boolean => !selects(selector, labels);
  return [{ demand: { kind: 'rest', wave: name, limit }, isMetBy }];
}

function demandsOf({ spec: { rollout } }: Fleet): readonly AskedDemand[] {
  const { waves = [], budget } = rollout ?? {};
  const ofWaves = [...waveDemands(waves), ...restDemand(waves)];
  if (budget === undefined) return ofWaves;
  const { groupBy } = budget;
  const isMetBy = ({ labels, site }: Candidate): boolean =>
    groupBy === 'site' ? site !== undefined : Object.hasOwn(labels, groupBy);
  return [...ofWaves, { demand: { kind: 'group', groupBy }, isMetBy }];
}

/** Demands that nobody is known to meet yet, fleet by fleet. */
class WitnessSearch {
  readonly found = new Map<string, string[]>();
  readonly #asked = new Map<string, readonly AskedDemand[]>();
  readonly #missing = new Map<string, number>();

  /** Begins with who was known; `nobody` is looked for. */
  begin(fleet: string, asked: readonly AskedDemand[], known: readonly string[]): void {
    this.found.set(fleet, [...known]);
    this.#asked.set(fleet, asked);
    this.#missing.set(fleet, known.filter((name) => name === nobody).length);
  }

  isOpen(fleet: string): boolean {
    return (this.#missing.get(fleet) ?? 0) > 0;
  }

  /** Fleets that still look for somebody. */
  open(): string[] {
    return [...this.#missing.keys()].filter((fleet) => this.isOpen(fleet));
  }

  look(fleet: string | undefined, candidate: Candidate): void {
    if (fleet === undefined || !this.isOpen(fleet)) return;
    const found = this.found.get(fleet)!;
    for (const [at, { isMetBy }] of this.#asked.get(fleet)!.entries()) {
      if (found[at] !== nobody || !isMetBy(candidate)) continue;
      found[at] = candidate.name;
      this.#missing.set(fleet, this.#missing.get(fleet)! - 1);
    }
  }
}

function candidateNamed({ next }: Draft, name: string): Candidate | undefined {
  const device = next.devices.get(name);
  return device && { name, labels: device.metadata.labels ?? {}, site: device.spec.site };
}

/** Fleets whose witnesses may be others now; those whose known ones are all gone through again are told by `mayBeAnybody`. */
function beginSearch({ before, next, touched }: Draft): {
  readonly search: WitnessSearch;
  readonly mayBeAnybody: ReadonlySet<string>;
} {
  const search = new WitnessSearch();
  const mayBeAnybody = new Set<string>();
  for (const [fleet, manifest] of touched.Fleet) {
    const asked = manifest === undefined ? [] : demandsOf(manifest);
    if (asked.length === 0) continue;
    search.begin(fleet, asked, Array(asked.length).fill(nobody));
    mayBeAnybody.add(fleet);
  }
  for (const [fleet, known] of before.witnesses) {
    if (touched.Fleet.has(fleet)) continue;
    const left = known.map((name) => (touched.Device.has(name) ? nobody : name));
    if (!left.includes(nobody)) continue;
    search.begin(fleet, demandsOf(next.fleets.get(fleet)!), left);
    if (left.some((name, at) => name !== known[at])) mayBeAnybody.add(fleet);
  }
  return { search, mayBeAnybody };
}

/** Keeps `witnesses` up for the devices and fleets that a draft touches. */
export function* noteWitnesses(draft: Draft, { byName, ofRows }: Membership): Steps<void> {
  const { before, next, sheet, touched } = draft;
  const { search, mayBeAnybody } = beginSearch(draft);
  // Mostly no fleet looks for anybody; then nobody is looked at.
  if (search.open().length > 0) {
    yield* forEachInSteps(sheet.names.keys.entries(), ([row, name]) => {
      search.look(ofRows[row], { name, labels: sheet.labels[row]!, site: sheet.sites[row] });
    });
    yield* forEachInSteps(byName, ([name, fleet]) => {
      const candidate = touched.Device.has(name) && candidateNamed(draft, name);
      if (candidate) search.look(fleet, candidate);
    });
  }
  for (const fleet of before.devices.size === 0 ? [] : search.open().filter((name) => mayBeAnybody.has(name))) {
    const names = Iterator.from(namesUnder(next.members, fleet)).filter(() => search.isOpen(fleet));
    yield* forEachInSteps(names, (name) => search.look(fleet, candidateNamed(draft, name)!));
  }
  const gone = [...touched.Fleet.keys()].filter((fleet) => !search.found.has(fleet));
  next.witnesses = yield* before.witnesses.withChanges([
    ...search.found,
    ...gone.map((fleet) => [fleet, undefined] as const),
  ]);
}

/** What devices of a fleet have for labels of these keys. */
function* labelsIn(draft: Draft, fleet: string, keys: readonly string[]): Steps<string> {
  const terms = new Set<string>();
  yield* forEachInSteps(namesUnder(draft.next.members, fleet), (name) => {
    for (const term of labelTerms(candidateNamed(draft, name)!.labels)) terms.add(term);
  });
  const told = keys.map((key) => {
    const values = [...terms].filter((term) => term.startsWith(`${key}=`)).map((term) => term.slice(key.length + 1));
    return values.length === 0 ? `none has the label ${key}` : `${key} is one of: ${listNames(values)}`;
  });
  return told.join('; ');
}

/** How many devices of a fleet a selector takes. */
function* countSelected({ next }: Draft, fleet: string, selector: Selector): Steps<number> {
  let count = 0;
  yield* forEachInSteps(namesUnder(next.members, fleet), (name) => {
    if (selects(selector, next.devices.get(name)?.metadata.labels ?? {})) count += 1;
  });
  return count;
}

function* emptyWaveText(draft: Draft, fleet: string, { index, wave, keys }: WaveDemand): Steps<string> {
  const { selector } = draft.next.fleets.get(fleet)!.spec.rollout!.waves![index]!;
  const selected = yield* countSelected(draft, fleet, selector!);
  if (selected > 0) {
    const who = selected === 1 ? 'the only device that it selects is' : `all ${selected} devices that it selects are`;
    return `wave ${wave} takes no device: ${who} in a wave before it; put it before that one, mend a selector, or take the wave away`;
  }
  const labels = yield* labelsIn(draft, fleet, keys);
  return `wave ${wave} selects no device of its fleet, so that nothing would be tried in it (of its devices ${labels}); mend the selector, label devices, or take the wave away`;
}

function warnOfWholeFirst(draft: Draft, fleet: string, { wave, limit }: RestDemand): void {
  const size = countUnder(draft.next.members, fleet);
  // One alone is its own canary.
  if (size < 2 || !(isAll(limit) || (typeof limit === 'number' && limit >= size))) return;
  const message = `wave ${wave} is the first and takes all ${size} devices of the fleet, so that nothing is tried on some of them before it goes to all; give it a ${limit === undefined ? '' : 'smaller '}limit, or a selector that fewer have`;
  const path = ['spec', 'rollout', 'waves', 0, 'selector'];
  draft.findings.warn(placeIn(draft, `Fleet/${fleet}`, path, 'key'), 'FIRST_WAVE_TAKES_ALL', message);
}

function* judgeDemand(draft: Draft, fleet: string, demand: Demand): Steps<void> {
  const rollout = ['spec', 'rollout'];
  switch (demand.kind) {
    case 'wave': {
      const path: ValuePath = [...rollout, 'waves', demand.index, 'selector'];
      const message = yield* emptyWaveText(draft, fleet, demand);
      draft.findings.add(placeIn(draft, `Fleet/${fleet}`, path, 'key'), 'WAVE_TAKES_NOBODY', message);
      return;
    }
    case 'rest':
      return warnOfWholeFirst(draft, fleet, demand);
    case 'group': {
      const path: ValuePath = [...rollout, 'budget', 'groupBy'];
      const has = demand.groupBy === 'site' ? 'is at a site' : `has the label ${demand.groupBy}`;
      const message = `no device of the fleet ${has}, so that this budget bounds none of them; write site or the key of a label that they have`;
      draft.findings.warn(placeIn(draft, `Fleet/${fleet}`, path), 'BUDGET_BOUNDS_NOBODY', message);
      return;
    }
    default:
      return demand satisfies never;
  }
}

/**
 * Refuses waves that select nobody whom those before leave, of a fleet that has devices: an empty wave passes at once, and what was
 * to be tried in it first goes to all others instead. Warns of first waves that take everybody, and of budgets that bound nobody. While a device has problems, or its fleet is not
 * settled, it may be the one.
 */
export function* judgeWitnesses(draft: Draft, { contested }: Membership): Steps<void> {
  const { next, broken } = draft;
  if (broken.devices.length > 0) return;
  for (const [fleet, witnesses] of next.witnesses) {
    if (!witnesses.includes(nobody) || !next.members.has(fleet) || contested.has(fleet)) continue;
    const asked = demandsOf(next.fleets.get(fleet)!);
    for (const [at, { demand }] of asked.entries())
      if (witnesses[at] === nobody) yield* judgeDemand(draft, fleet, demand);
  }
}
