/**
 * What a controller takes up keeps to the policies: lives of random commits, each judged by the real rooms, and counted here by hand from
 * what the commits say.
 */
import test from 'ava';
import fc from 'fast-check';
import type { PolicyLimit } from '../../controller/planning/policy.ts';
import type { FleetRollout, PolicySpec } from '../../schemas/generated/types.ts';
import { isHunt } from '../hunt.ts';
import { wholeShore } from './whole-shore.ts';

const crews = ['ship', 'truck'] as const;
const names = ['one', 'two', 'three', 'four', 'five', 'six'];

interface SaidDevice {
  readonly crew: (typeof crews)[number];
  readonly own: number;
  readonly isGone: boolean;
}

interface SaidFleet {
  readonly rate: number;
  /** Canaries before the rest, each of one device. */
  readonly canaries: number;
  /** How many of one site may be away at once; nobody counts them where that is absent. */
  readonly places?: number | undefined;
}

/** What a commit says. */
interface Said {
  readonly devices: Readonly<Record<string, SaidDevice>>;
  readonly fleets: Readonly<Record<SaidDevice['crew'], SaidFleet>>;
  readonly policy: PolicySpec | undefined;
}

/** What is otherwise in a commit than in the one before, and which exceptions its message names. */
interface Change {
  readonly devices: readonly { readonly at: number; readonly to: 'own' | 'crew' | 'gone' }[];
  readonly fleet?: { readonly crew: SaidDevice['crew']; readonly to: SaidFleet } | undefined;
  readonly policy?: { readonly to: PolicySpec | undefined } | undefined;
  readonly exceptions: readonly PolicyLimit[];
}

const policy = fc.option(
  fc
    .record<PolicySpec>(
      {
        maxDevices: fc.integer({ min: 1, max: 4 }),
        minWaves: fc.integer({ min: 2, max: 3 }),
        keepBudgets: fc.constant(true as const),
      },
      { requiredKeys: [] },
    )
    .filter((spec) => Object.keys(spec).length > 0),
  { nil: undefined, freq: 5 },
);

const saidFleet: fc.Arbitrary<SaidFleet> = fc.record({
  ...{ rate: fc.integer({ min: 1, max: 3 }), canaries: fc.nat(2) },
  places: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});

const change: fc.Arbitrary<Change> = fc.record({
  devices: fc.array(
    fc.record({
      at: fc.nat(names.length - 1),
      to: fc.constantFrom('own' as const, 'own' as const, 'crew' as const, 'gone' as const),
    }),
    { maxLength: 4 },
  ),
  fleet: fc.option(fc.record({ crew: fc.constantFrom(...crews), to: saidFleet }), { nil: undefined }),
  policy: fc.option(fc.record({ to: policy }), { nil: undefined, freq: 3 }),
  exceptions: fc.uniqueArray(fc.constantFrom<PolicyLimit[]>('max-devices', 'min-waves', 'keep-budgets'), {
    maxLength: 1,
  }),
});

function afterChange({ devices, fleets, policy: before }: Said, asked: Change): Said {
  const changed: Record<string, SaidDevice> = { ...devices };
  for (const { at, to } of asked.devices) {
    const name = names[at]!;
    const one = changed[name]!;
    if (to === 'own') changed[name] = { ...one, own: one.own + 1 };
    else if (to === 'crew') changed[name] = { ...one, crew: one.crew === 'ship' ? 'truck' : 'ship' };
    else changed[name] = { ...one, isGone: !one.isGone };
  }
  return {
    devices: changed,
    fleets: asked.fleet === undefined ? fleets : { ...fleets, [asked.fleet.crew]: asked.fleet.to },
    policy: asked.policy === undefined ? before : asked.policy.to,
  };
}

function rolloutOf({ canaries, places }: SaidFleet): { readonly rollout?: FleetRollout } {
  if (canaries === 0 && places === undefined) return {};
  const [first = { name: 'rest' }, ...then] = [
    ...Array.from({ length: canaries }, (_, at) => ({ name: `canary-${at}`, limit: 1 })),
    { name: 'rest' },
  ];
  const budget = places === undefined ? {} : { budget: { groupBy: 'site', maxUnavailable: places } };
  return { rollout: { waves: [first, ...then], ...budget } };
}

/** Its manifests, laid over those of a fleet that has releases; undefined takes one away. */
function filesOf({ devices, fleets, policy: spec }: Said): ReadonlyMap<string, Uint8Array | undefined> {
  const manifest = (kind: string, name: string, said: object, labels: object = {}): Uint8Array =>
    Buffer.from(JSON.stringify({ apiVersion: 'fleet/v1alpha1', kind, metadata: { name, labels }, spec: said }));
  const files = new Map<string, Uint8Array | undefined>();
  files.set('policy.yaml', spec && manifest('Policy', 'harbor', spec));
  for (const crew of crews) {
    const selector = { matchLabels: { kind: crew } };
    const config = { application: fleets[crew].rate };
    const said = { selector, applications: [{ name: 'gauge' }], config, ...rolloutOf(fleets[crew]) };
    files.set(`fleets/${crew}.yaml`, manifest('Fleet', crew, said));
  }
  for (const [at, name] of names.entries()) {
    const { crew, own, isGone } = devices[name]!;
    const keyFingerprint = `SHA256:${String.fromCharCode(68 + at).repeat(43)}`;
    const said = { site: 'aurora-site', keyFingerprint, config: { device: own } };
    files.set(`devices/${name}.yaml`, isGone ? undefined : manifest('Device', name, said, { kind: crew }));
  }
  return files;
}

function membersOf({ devices }: Said, crew: string): readonly string[] {
  return names.filter((name) => !devices[name]!.isGone && devices[name]!.crew === crew);
}

/** What a device is told to run, as far as commits change it; undefined of one that git does not name. */
function workOf({ devices, fleets }: Said, name: string): string | undefined {
  const { crew, own, isGone } = devices[name]!;
  return isGone ? undefined : `${own} at ${fleets[crew].rate}`;
}

/** Those that get something else to run, or are named no more. */
function changedIn(before: Said, after: Said): readonly string[] {
  return names.filter((name) => workOf(before, name) !== workOf(after, name));
}

/** In how many waves a fleet goes that is of so many. */
function wavesIn({ canaries }: SaidFleet, size: number): number {
  return Math.min(canaries + 1, Math.max(1, size));
}

/** What surely may not be, by one policy: whatever else it says of such a commit. */
function surelyOver(before: Said, after: Said, spec: PolicySpec): readonly PolicyLimit[] {
  const { maxDevices = names.length, minWaves = 0, keepBudgets = false } = spec;
  const tooQuick = crews.some((crew) => {
    const size = membersOf(after, crew).length;
    const isRedefined = before.fleets[crew].rate !== after.fleets[crew].rate;
    return size > 0 && isRedefined && wavesIn(after.fleets[crew], size) < Math.min(minWaves, size);
  });
  const weaker = crews.some((crew) => {
    const { places = Number.POSITIVE_INFINITY } = before.fleets[crew];
    return (after.fleets[crew].places ?? Number.POSITIVE_INFINITY) > places;
  });
  return [
    ...(changedIn(before, after).length > maxDevices ? (['max-devices'] as const) : []),
    ...(tooQuick ? (['min-waves'] as const) : []),
    ...(keepBudgets && weaker ? (['keep-budgets'] as const) : []),
  ];
}

/** Whether nothing of it is anything that a policy but `maxDevices` could mind. */
function isPlain(before: Said, after: Said): boolean {
  const isSameFleets = JSON.stringify(before.fleets) === JSON.stringify(after.fleets);
  return (
    isSameFleets &&
    names.every(
      (name) =>
        before.devices[name]!.crew === after.devices[name]!.crew &&
        before.devices[name]!.isGone === after.devices[name]!.isGone,
    )
  );
}

const first: Said = {
  devices: Object.fromEntries(names.map((name, at) => [name, { crew: crews[at % 2]!, own: 1, isGone: false }])),
  fleets: { ship: { rate: 1, canaries: 1, places: 1 }, truck: { rate: 1, canaries: 0 } },
  policy: { maxDevices: 3, minWaves: 2, keepBudgets: true },
};

/** A controller that follows such commits. */
async function open() {
  const { fleet, boot, poll, issued } = wholeShore();
  for (const name of [...fleet.devices.keys()]) fleet.removeDevice(name);
  const exceptions: string[] = [];
  const source = { ...fleet.repository.open(), trailers: async () => exceptions };
  const controller = await boot(source);
  let commits = 0;
  const commit = async (said: Said): Promise<string> => {
    commits += 1;
    fleet.commit(`commit ${commits}`, true, filesOf(said));
    await poll(controller);
    return (await controller.status()).source.state;
  };
  return { exceptions, issued, commit };
}

/** One life; returns how many commits were taken up and how many refused. */
async function live(changes: readonly Change[]): Promise<Readonly<Record<string, number>>> {
  const { exceptions, issued, commit } = await open();
  const states: Record<string, number> = { [await commit(first)]: 1 };
  let inForce = first;
  let tip = first;
  for (const asked of changes) {
    tip = afterChange(tip, asked);
    exceptions.unshift(...asked.exceptions.map((limit) => `${limit} it has to be`));
    const told = issued.length;
    const state = await commit(tip);
    states[state] = (states[state] ?? 0) + 1;
    const policies = [inForce.policy, tip.policy].flatMap((spec) => spec ?? []);
    const over = policies.flatMap((spec) => surelyOver(inForce, tip, spec));
    const open = over.filter((limit) => !exceptions.includes(`${limit} it has to be`));
    const seen = JSON.stringify({ state, over, open, inForce, tip });
    if (state === 'current' && open.length > 0) throw new Error(`it was taken up: ${seen}`);
    if (state === 'refused' && over.length === 0 && isPlain(inForce, tip)) throw new Error(`it was refused: ${seen}`);
    const devices = new Set(issued.slice(told).map((one) => one.split(' ')[0]!));
    if (state === 'refused' && devices.size > 0) throw new Error(`${[...devices]} were told something: ${seen}`);
    if (state !== 'current') continue;
    exceptions.length = 0;
    inForce = tip;
  }
  return states;
}

test('no commit is taken up that breaks the policy it finds or the one it brings, but for what its message names', async (t) => {
  const states: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 6, maxLength: 12 }), async (changes) => {
      for (const [state, count] of Object.entries(await live(changes))) states[state] = (states[state] ?? 0) + count;
    }),
    { numRuns: isHunt ? 300 : 5, includeErrorInReport: true } as never,
  );
  t.deepEqual(Object.keys(states).sort(), ['current', 'refused'], JSON.stringify(states));
  t.log(JSON.stringify(states));
});
