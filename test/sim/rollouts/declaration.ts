/** What git says at one moment of a simulated life, as data; and its manifests. */
import type { DeviceHold, FleetRollout, FleetSpec } from '../../../schemas/generated/types.ts';
import { application, device, type Files, fleet, site } from '../../controller/manifests/fleet-fixture.ts';
import type { ContactKind } from './light-device.ts';

const canary: FleetRollout = {
  waves: [
    { name: 'canary', selector: { matchLabels: { kind: 'fixed' } }, limit: 2, soak: '2h', gate: { patience: '6h' } },
    { name: 'some', limit: '20%', soak: '3h', approve: 'after' },
    { name: 'rest' },
  ],
  budget: { groupBy: 'group', maxUnavailable: 1 },
  gate: { success: '90%', contacts: '30%', patience: '18h', failures: '10%' },
};

/** Ways in which a fleet asks its changes to roll out. */
export const rollouts = {
  canary,
  reverts: { ...canary, onFailure: 'revert' },
  asks: {
    waves: [{ name: 'first', limit: '30%', approve: 'before' }, { name: 'others' }],
    budget: { groupBy: 'group', maxUnavailable: 2 },
    gate: { failures: 2, patience: '12h' },
  },
  none: undefined,
} satisfies Record<string, FleetRollout | undefined>;

/** When its devices may change. */
export const conditions = {
  always: {},
  nights: { windows: { activate: [{ cron: '0 1 * * *', duration: '4h', timeZone: 'Europe/Berlin' }] } },
  inPort: { when: { facts: { in_port: { type: 'boolean', maxAge: '1h' } }, activate: 'facts.in_port' } },
  consent: { consent: 'required' },
} satisfies Record<string, Partial<FleetSpec>>;

/** A rate with a fraction runs on no device. */
export interface DeclaredFleet {
  readonly name: string;
  readonly rate: number;
  readonly release: '1.0.0' | '1.1.0';
  readonly rollout: keyof typeof rollouts;
  readonly conditions: keyof typeof conditions;
}

export interface DeclaredDevice {
  readonly kind: ContactKind;
  /** The key of its fleet. */
  readonly crew: string;
  readonly group: string;
  readonly site: string;
  /** Something that its own manifest says. */
  readonly own: number;
  readonly hold?: DeviceHold;
  /** Git does not name it at present. */
  readonly isGone?: boolean;
}

export interface Declaration {
  /** By the label of the devices that they select. */
  readonly fleets: Readonly<Record<string, DeclaredFleet>>;
  readonly devices: Readonly<Record<string, DeclaredDevice>>;
  /** What sites say, by name. */
  readonly sites: Readonly<Record<string, number>>;
  /** Makes envelopes too large for a shadow, in some lives. */
  readonly padding: string;
}

const devicesPerGroup = 4;
const groupsPerSite = 3;

/** Two fleets of devices by their kinds. */
export function firstDeclaration(kinds: readonly (readonly [string, ContactKind])[], padding: string): Declaration {
  const common = { rate: 1, release: '1.0.0', conditions: 'always' } as const;
  const devices = kinds.map(([name, kind], at) => {
    const group = Math.floor(at / devicesPerGroup);
    const crew = group % 3 === 2 ? 'blue' : 'red';
    const place = `site-${Math.floor(group / groupsPerSite)}`;
    return [name, { kind, crew, group: `group-${group}`, site: place, own: 1 }] as const;
  });
  return {
    fleets: {
      red: { ...common, name: 'ships', rollout: 'canary' },
      blue: { ...common, name: 'boats', rollout: 'reverts' },
    },
    devices: Object.fromEntries(devices),
    sites: Object.fromEntries(devices.map(([, { site: place }]) => [place, 1])),
    padding,
  };
}

function keyOf(at: number): string {
  const digest = Buffer.alloc(32);
  digest.writeUInt32BE(at + 1);
  return `SHA256:${digest.toString('base64').replace(/=+$/, '')}`;
}

function fleetFiles([crew, { name, rate, release, rollout, conditions: when }]: readonly [string, DeclaredFleet]) {
  const spec: Partial<FleetSpec> = { config: { rate }, ...conditions[when] };
  const asked = rollouts[rollout];
  return [
    `fleets/${crew}.yaml`,
    fleet(name, { crew }, [{ name: 'pump', release }], { ...spec, ...(asked && { rollout: asked }) }),
  ] as const;
}

/** Its manifests by path. */
export function filesOf({ fleets, devices, sites, padding }: Declaration): Files {
  const named = Object.entries(devices).flatMap(([name, { isGone, kind, crew, group, site: place, own, hold }], at) => {
    const spec = { site: place, keyFingerprint: keyOf(at), config: { own }, ...(hold && { hold }) };
    return isGone ? [] : [[`devices/${name}.yaml`, device(name, { kind, crew, group }, spec)] as const];
  });
  return Object.fromEntries([
    ['apps/pump.yaml', application('pump', '1.0.0', { config: { rate: 0, deck: 0, own: 0, padding } })] as const,
    ...Object.entries(fleets).map(fleetFiles),
    ...Object.entries(sites).map(([name, deck]) => [`sites/${name}.yaml`, site(name, { config: { deck } })] as const),
    ...named,
  ]);
}
