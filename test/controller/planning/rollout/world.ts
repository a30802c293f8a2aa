/** A fleet as the planner sees it, with an engine that does at once what is permitted: for properties of rollouts. */
import fc from 'fast-check';
import type { DeviceTemplate } from '../../../../controller/manifests/desired.ts';
import {
  isUntaken,
  isWithheld,
  type ObservedDevice,
  type ReportGist,
} from '../../../../controller/planning/observed.ts';
import { type Asked, actOn } from '../../../../controller/planning/rollout/act.ts';
import { Book } from '../../../../controller/planning/rollout/book.ts';
import { type Deltas, noneOpen } from '../../../../controller/planning/rollout/deltas.ts';
import { goesOnUnder, workOf } from '../../../../controller/planning/rollout/disturbance.ts';
import { type DeviceInRollout, progressOf } from '../../../../controller/planning/rollout/fate.ts';
import { type Permit, permit, withinBudget } from '../../../../controller/planning/rollout/permit.ts';
import type { RolloutPolicy, Wave } from '../../../../controller/planning/rollout/policy.ts';
import type { Rollout } from '../../../../controller/planning/rollout/rollout.ts';
import { step } from '../../../../controller/planning/rollout/step.ts';

export const minuteMs = 60_000;
export const startMs = Date.parse('2026-06-01T00:00:00Z');
const revision = 'c'.repeat(40);

/** What a device may say of what it was issued. */
export type Word = 'heard' | 'staged' | 'probation' | 'settled' | 'back' | 'down';

/** Something that happens. */
export type Happening =
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'say'; readonly device: number; readonly word: Word }
  | { readonly kind: 'hold'; readonly device: number; readonly isHeld: boolean }
  /** Its site or its own manifest asks for something else, or its fleet's for other windows alone. */
  | { readonly kind: 'ask'; readonly device: number; readonly what: 'work' | 'windows' }
  | { readonly kind: 'act'; readonly asked: Asked };

/** One deployment that was issued, and what stood just before. */
export interface Issue {
  readonly name: string;
  readonly device: number;
  readonly to: 'target' | 'good';
  readonly rollout: Rollout;
  readonly before: DeviceInRollout;
  readonly wasAway: boolean;
  /** It was offered that before, and its manifests ask for something else by now. */
  readonly isAgain: boolean;
  /** How often somebody had tried again. */
  readonly tried: number;
}

const amount = fc.oneof(
  fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 0, max: 100 }) }),
);

const wave: fc.Arbitrary<Omit<Wave, 'name'>> = fc.record(
  {
    gate: fc.record({
      successPercent: fc.integer({ min: 0, max: 100 }),
      contacts: amount,
      patienceMs: fc.integer({ min: 1, max: 300 }).map((minutes) => minutes * minuteMs),
      failures: amount,
    }),
    soakMs: fc.constantFrom(0, 10 * minuteMs),
    approve: fc.constantFrom('before' as const, 'after' as const),
  },
  { requiredKeys: ['gate', 'soakMs'] },
);

export const policy: fc.Arbitrary<RolloutPolicy> = fc
  .record({
    waves: fc.array(wave, { minLength: 1, maxLength: 3 }),
    maxUnavailable: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    onFailure: fc.constantFrom('halt' as const, 'revert' as const),
  })
  .map(({ waves, maxUnavailable, onFailure }) => ({
    waves: waves.map((one, index) => ({ ...one, name: `wave-${index}` })),
    ...(maxUnavailable === undefined ? {} : { budget: { groupBy: { kind: 'site' }, maxUnavailable } }),
    onFailure,
  }));

export const devices: fc.Arbitrary<readonly DeviceInRollout[]> = fc.array(
  fc
    .record({
      wave: fc.nat(2),
      on: fc.constantFrom('good' as const, 'good' as const, 'other' as const, 'nothing' as const),
      isHeld: fc.nat(9).map((drawn) => drawn === 0),
      group: fc.constantFrom('ship', 'crane'),
    })
    .map((one): DeviceInRollout => ({ ...one, observed: one.on === 'nothing' ? {} : settledOn(1, startMs) })),
  { minLength: 1, maxLength: 8 },
);

const asked: fc.Arbitrary<Asked> = fc.record({
  act: fc.constantFrom('pause', 'resume', 'approve', 'approve', 'abort', 'retry'),
  who: fc.constant('ana'),
  why: fc.constant(''),
  revert: fc.boolean(),
});

export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    // Now and then the clock is set back.
    fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: -60, max: 200 }) }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('say' as const),
        device: fc.nat(7),
        word: fc.constantFrom<Word[]>('heard', 'staged', 'probation', 'settled', 'settled', 'settled', 'back', 'down'),
      }),
    },
    fc.record({ kind: fc.constant('hold' as const), device: fc.nat(7), isHeld: fc.boolean() }),
    fc.record({
      ...{ kind: fc.constant('ask' as const), device: fc.nat(7) },
      what: fc.constantFrom('work' as const, 'work' as const, 'windows' as const),
    }),
    fc.record({ kind: fc.constant('act' as const), asked }),
  ),
  { maxLength: 60 },
);

/** What a device may have by its manifests: applications that differ by their numbers, in windows that do. */
interface Manifest {
  readonly work: number;
  readonly windows: number;
}

const firstManifest: Manifest = { work: 0, windows: 0 };

/** Templates that are equal are one, as the planner's are. */
const templates = new Map<string, DeviceTemplate>();

function templateOf(to: 'target' | 'good', { work, windows }: Manifest): DeviceTemplate {
  const hash = `${to} ${work} ${windows}`;
  const known = templates.get(hash);
  if (known !== undefined) return known;
  const pump = { name: 'pump', version: to === 'good' ? '1.0.0' : '1.1.0', sha256: '', length: 1 };
  const applications = [{ ...pump, args: [], env: {}, config: { work }, restart: 'always' as const }];
  const template = { probationSeconds: 30, applications, hash };
  templates.set(hash, template);
  return template;
}

/** Of one that runs what it was issued. */
export function settledOn(sequence: number, at: number): ObservedDevice {
  const { hash, ...template } = templateOf('good', firstManifest);
  const issued = {
    ...{ sequence, revision, issuedAt: at - 1, templateHash: hash, applications: [] },
    ...{ work: workOf({ ...template, hash }), definition: 'good' },
  };
  return { issued, contactAt: at, report: said(sequence, 'settled', undefined, at) };
}

function said(sequence: number, word: Word, before: ReportGist['running'], at: number): ReportGist {
  const own = { sequence, revision };
  const base = { since: new Date(at).toISOString(), applications: [], highestSequence: sequence };
  const kept = before === undefined || before.sequence === sequence ? {} : { running: before };
  switch (word) {
    case 'heard':
      return { ...base, ...kept, phase: 'fetching', target: own };
    case 'staged':
      return { ...base, ...kept, phase: 'staged', target: own };
    case 'probation':
      return { ...base, running: own, phase: 'probation' };
    case 'settled':
      return { ...base, running: own, phase: 'active' };
    case 'back':
      return { ...base, running: before ?? { sequence: 0, revision }, phase: 'active' };
    case 'down':
      return { ...base, phase: 'idle' };
    default:
      return word satisfies never;
  }
}

/** A rollout that has just begun. */
export function fresh(good: boolean): Rollout {
  return {
    ...{ fleet: 'ships', number: 2, target: 'b'.repeat(64), revision, subject: 'x', startedAt: startMs },
    ...(good ? { good: 'a'.repeat(64) } : {}),
    ...{ state: 'running', wave: 0, waveStartedAt: startMs, approved: [], acts: [], events: [] },
    reason: { code: 'ROLLOUT_STARTED', message: 'x' },
  };
}

/** Devices, a rollout and its book. */
export class World {
  readonly policy: RolloutPolicy;
  readonly devices: DeviceInRollout[];
  rollout: Rollout;
  book: Book;
  now = startMs;
  /** What publishing says of deltas to the target. */
  deltas: Deltas = noneOpen;
  /** By device, what its manifests ask for. */
  readonly #manifests = new Map<number, Manifest>();
  /** By device, what it truly runs, and the deployment that it came to rest with; none of one that runs nothing. */
  readonly #atRest = new Map<number, { readonly work: string | undefined; readonly sequence: number }>();
  /** By `settle`, in order. */
  issues: Issue[] = [];
  #tried = 0;
  /** What the rollout became, in order. */
  stages: {
    readonly before: Rollout;
    readonly rollout: Rollout;
    readonly counts: Book['counts'];
    readonly devices: readonly DeviceInRollout[];
    readonly now: number;
  }[] = [];

  constructor(policy: RolloutPolicy, fleet: readonly DeviceInRollout[], rollout: Rollout) {
    this.policy = policy;
    this.devices = fleet.map(({ group, wave: drawn, ...rest }) => {
      const device = { ...rest, wave: Math.min(drawn, policy.waves.length - 1) };
      return policy.budget === undefined || group === undefined ? device : { ...device, group };
    });
    for (const [index, { observed }] of this.devices.entries()) {
      const { issued } = observed;
      if (issued !== undefined) this.#atRest.set(index, { work: issued.work, sequence: issued.sequence });
    }
    this.rollout = rollout;
    this.book = this.recounted();
  }

  /** A book that was filled anew. */
  recounted(): Book {
    const book = new Book(this.policy, this.rollout);
    for (const [index, device] of this.devices.entries()) book.note(String(index), device);
    return book;
  }

  change(index: number, device: DeviceInRollout): void {
    this.devices[index] = device;
    this.book.note(String(index), device);
  }

  /** What a device may have now, as `permitted` has it. */
  permitOf(device: DeviceInRollout, index = this.devices.indexOf(device)): Permit {
    const { rollout, policy } = this;
    const may = permit(device, { rollout, policy });
    if (may.kind === 'stay') return may;
    const template = this.#templateOf(index, may.kind);
    const isWanted = device.observed.issued?.templateHash === template.hash && may.isAnew !== true;
    const isIssued = isWanted && !isWithheld(device.observed);
    if (isIssued || goesOnUnder(device.observed, template, may.kind)) return may;
    return withinBudget(device, may, this.book.room(device.group));
  }

  #templateOf(index: number, to: 'target' | 'good'): DeviceTemplate {
    return templateOf(to, this.#manifests.get(index) ?? firstManifest);
  }

  /** Whether a group may have to do without a device, said without the code that counts it: it was issued other work than it runs. */
  isAway(index: number): boolean {
    const { observed } = this.devices[index]!;
    const { issued, contactAt = 0, withheldAt = 0 } = observed;
    if (isWithheld(observed) && contactAt > withheldAt) return false;
    const rest = this.#atRest.get(index);
    return issued !== undefined && rest?.sequence !== issued.sequence && rest?.work !== issued.work;
  }

  happen(happening: Happening): void {
    switch (happening.kind) {
      case 'pass':
        this.now += happening.minutes * minuteMs;
        break;
      case 'say':
        this.#say(happening.device % this.devices.length, happening.word);
        break;
      case 'hold': {
        const index = happening.device % this.devices.length;
        this.change(index, { ...this.devices[index]!, isHeld: happening.isHeld });
        break;
      }
      case 'ask': {
        const index = happening.device % this.devices.length;
        const { work, windows } = this.#manifests.get(index) ?? firstManifest;
        const isWork = happening.what === 'work';
        this.#manifests.set(index, { work: isWork ? work + 1 : work, windows: isWork ? windows : windows + 1 });
        break;
      }
      case 'act': {
        const acted = actOn(this.rollout, happening.asked, this.policy.waves, this.now);
        if (acted.kind === 'done') this.rollout = acted.rollout;
        if (happening.asked.act !== 'retry' || acted.kind === 'refused') break;
        this.#tried += 1;
        this.book = this.recounted();
        break;
      }
      default:
        throw happening satisfies never;
    }
    this.settle();
  }

  /** Steps and issues until nothing moves; the rounds that it took. */
  settle(): number {
    for (let round = 1; ; round += 1) {
      const { rollout } = step(this.rollout, this.policy, this.book, this.now, () => this.deltas);
      const counts = this.book.counts.map((each) => ({ ...each }));
      if (rollout !== this.rollout)
        this.stages.push({ before: this.rollout, rollout, counts, devices: [...this.devices], now: this.now });
      const hasStepped = rollout !== this.rollout;
      this.rollout = rollout;
      const hasIssued = this.devices.map((_, index) => this.#offer(index)).includes(true);
      if (!hasStepped && !hasIssued) return round;
      if (round > 100) throw new Error('it does not come to rest');
    }
  }

  #say(index: number, word: Word): void {
    const device = this.devices[index]!;
    const { issued, report } = device.observed;
    if (issued === undefined) return;
    const contactAt = this.now;
    if (isWithheld(device.observed))
      return this.change(index, { ...device, observed: { ...device.observed, contactAt } });
    const told = said(issued.sequence, word, report?.running, this.now);
    const { sequence } = issued;
    if (word === 'settled') this.#atRest.set(index, { work: issued.work, sequence });
    else if (word === 'back') this.#atRest.set(index, { work: this.#atRest.get(index)?.work, sequence });
    else if (word === 'down' || this.#atRest.get(index)?.sequence === sequence) this.#atRest.delete(index);
    this.change(index, { ...device, observed: { issued, contactAt, report: told } });
  }

  #offer(index: number): boolean {
    const device = this.devices[index]!;
    const { withheldAt, ...observed } = device.observed;
    if (device.isHeld && withheldAt === undefined && isUntaken(observed)) {
      this.change(index, { ...device, observed: { ...observed, withheldAt: this.now } });
      return true;
    }
    const { kind, isAnew } = this.permitOf(device, index);
    if (kind === 'stay') return false;
    const template = this.#templateOf(index, kind);
    const isWanted = device.on === kind && observed.issued?.templateHash === template.hash && isAnew !== true;
    if (isWanted && !isWithheld(device.observed)) return false;
    // Who was not heard to be well has a place, also where what it was issued last is what it runs.
    const isAtRest = ['unissued', 'settled', 'back', 'withheld'].includes(progressOf(device.observed));
    const wasAway = this.isAway(index) || !isAtRest;
    const issue = {
      ...{ name: String(index), device: index, to: kind, rollout: this.rollout, before: device, wasAway },
      ...{ isAgain: device.on === kind && isAnew !== true, tried: this.#tried },
    };
    this.issues.push(issue);
    if (isWanted) {
      this.change(index, { ...device, observed });
      return true;
    }
    const { retries = 0 } = this.rollout;
    const issued = {
      ...{ sequence: (observed.issued?.sequence ?? 0) + 1, revision, issuedAt: this.now, retries, applications: [] },
      ...{ templateHash: template.hash, work: workOf(template), definition: kind },
      ...(goesOnUnder(observed, template, kind) ? { goesOn: true as const } : {}),
    };
    this.change(index, { ...device, on: kind, observed: { ...observed, issued } });
    return true;
  }
}

/** Whether a device is well, with what it was issued or before it. */
export function isWell(device: DeviceInRollout): boolean {
  return ['settled', 'back'].includes(progressOf(device.observed));
}
