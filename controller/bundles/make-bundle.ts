/** Makes what is signed of a bundle: what it has for which devices, and until when they may install it. */

import { leaseBytesMax } from '../../schemas/bundle-file.ts';
import type {
  BundleAnswer,
  BundledDeployment,
  BundledFile,
  BundleOrder,
  BundleStatement,
} from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { DeviceOffer } from '../engine/offers.ts';
import { type BundleParts, fillBundle, type Offer } from './fill-bundle.ts';
import type { OrderedBundle } from './ordered-bundles.ts';

/** Those that were asked for. */
export interface AskedDevices {
  readonly devices: readonly DeviceOffer[];
  /** There are more than a bundle is for. */
  readonly isMore: boolean;
}

/** Why there is no bundle. */
export interface BundleRefusal {
  readonly code: 'NOTHING_OFFERED' | 'BUNDLE_TOO_LARGE';
  readonly message: string;
}

/** What a bundle is made with. */
export interface BundleWorld extends BundleParts {
  readonly nowMs: () => number;
  readonly offers: (order: BundleOrder) => Promise<AskedDevices>;
  /** The statement in an envelope by the deployment key. */
  readonly sign: (statement: BundleStatement) => string;
  /** Told what was signed, by the digest of its lease: it goes on record once its file is written. */
  readonly expect: (lease: string, bundle: OrderedBundle) => void;
}

/** As the schema has it. */
export const bundleDevicesMax = 1000;
const filesMax = 4096;

const dayMs = 86_400_000;

function whom({ site, device }: BundleOrder): string {
  return site === undefined ? `device ${device}` : `site ${site}`;
}

function tooLarge(message: string): BundleRefusal {
  return { code: 'BUNDLE_TOO_LARGE', message };
}

function refusalOf(
  order: BundleOrder,
  { devices, isMore }: AskedDevices,
  offers: readonly Offer[],
): BundleRefusal | undefined {
  const whose = whom(order);
  if (isMore) return tooLarge(`a bundle is for ${bundleDevicesMax} devices at most; ${whose} has more`);
  if (offers.length > 0) return undefined;
  const there = devices.filter(({ isThere }) => isThere).length;
  const why =
    there > 0 ? `runs all that it is offered (${there} of ${devices.length} devices)` : 'is offered nothing now';
  return { code: 'NOTHING_OFFERED', message: `${whose} ${why}: a bundle for it would be empty; fleet why tells more` };
}

function statementOf(
  offers: readonly Offer[],
  files: readonly BundledFile[],
  nowMs: number,
  days: number,
): BundleStatement {
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Bundle' },
    issuedAt: new Date(nowMs).toISOString(),
    notAfter: new Date(nowMs + days * dayMs).toISOString(),
    deployments: offers.map(deploymentOf) as BundleStatement['deployments'],
    files: files as BundleStatement['files'],
  };
}

function deploymentOf({ device, sequence, envelope }: Offer): BundledDeployment {
  return { device, sequence, sha256: sha256Hex(new TextEncoder().encode(envelope)) };
}

/** What goes into a bundle for a device: where it runs all that it is offered, that once more where the shore's word goes along. */
function offerOf({ device, runs, offer, isThere, marks, isCarried }: DeviceOffer): readonly Offer[] {
  const isWaitingForWord = isCarried && Object.keys(marks).length > 0;
  return offer === undefined || (isThere && !isWaitingForWord) ? [] : [{ device, runs, marks, ...offer }];
}

/** Carries out an order. Rejects as `fillBundle` does. */
export async function makeBundle(order: BundleOrder, world: BundleWorld): Promise<BundleAnswer | BundleRefusal> {
  const asked = await world.offers(order);
  const offers = asked.devices.flatMap(offerOf);
  const refusal = refusalOf(order, asked, offers);
  if (refusal !== undefined) return refusal;
  const { files, texts } = await fillBundle(offers, world);
  const statement = statementOf(offers, files, world.nowMs(), order.days);
  const lease = world.sign(statement);
  if (files.length > filesMax || lease.length > leaseBytesMax)
    return tooLarge(`it would have ${files.length} files, more than a bundle has room for: make one for each device`);
  const { deployments, notAfter } = statement;
  world.expect(sha256Hex(new TextEncoder().encode(lease)), { deployments, who: order.who, notAfter });
  const left = asked.devices.filter(({ offer }) => offer === undefined).map(({ device }) => device);
  return { lease, texts: Object.fromEntries(texts), left };
}
