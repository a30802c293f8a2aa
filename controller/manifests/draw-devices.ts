/** What devices come to, drawn anew for those that a change touches. */
import type { Application, Device, DeviceHold } from '../../schemas/generated/types.ts';
import { canonicalJson } from './canonical-json.ts';
import { withReleases } from './definition.ts';
import type { Catalogue, DesiredDevice, DeviceTemplate } from './desired.ts';
import {
  darkAfterSecondsDefault,
  type FleetPlan,
  idleTemplate,
  planFleet,
  type TemplateOf,
  templateFor,
} from './device-template.ts';
import { type Draft, deviceIn } from './draft.ts';
import { type DeviceTerms, drawDevice } from './draw-device.ts';
import { linkedReleases } from './linked-releases.ts';
import { MapDraft } from './map-draft.ts';
import type { Membership } from './membership.ts';
import { namesUnder } from './name-index.ts';
import { checkPins, pinnedTo } from './pinned-releases.ts';
import { releaseKey } from './references.ts';
import { lackingSecrets, noteUnsealed } from './sealed-copies.ts';
import { forEachInSteps, type Steps } from './steps.ts';
import type { Rows } from './trie.ts';

/** Releases that came, went, or mean other bytes. */
function changedReleases(before: Catalogue, after: Catalogue): Set<string> {
  const changed = new Set<string>();
  if (before === after) return changed;
  for (const [key, release] of after) if (before.get(key)?.sha256 !== release.sha256) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
}

/** Whether an application reads one of these secrets. */
function readsOne(application: Application | undefined, secrets: ReadonlyMap<string, unknown>): boolean {
  return application?.spec.secrets?.some((secret) => secrets.has(secret)) ?? false;
}

/** The releases that a fleet runs of an application: its own, and those linked to it. */
function releasesOf(name: string, release: string | undefined, application: Application | undefined): string[] {
  const version = release ?? application?.spec.release;
  const linked = application === undefined ? [] : linkedReleases(application.spec);
  const own = version === undefined ? [] : [{ name, version }];
  return [...own, ...linked].map((one) => releaseKey(one.name, one.version));
}

/** Fleets whose devices are touched by a change of an application, of a secret that one reads, or of one of these releases. */
function touchedFleets({ next, touched }: Draft, releases: ReadonlySet<string>): string[] {
  if (releases.size + touched.Application.size + touched.Secret.size === 0) return [];
  return [...next.fleets].flatMap(([fleet, { spec }]) => {
    const isTouched = spec.applications.some(({ name, release }) => {
      const application = next.applications.get(name);
      if (touched.Application.has(name) || readsOne(application, touched.Secret)) return true;
      return releasesOf(name, release, application).some((key) => releases.has(key));
    });
    return isTouched ? [fleet] : [];
  });
}

/** Those whose fleet was judged, and whoever shares what is touched. */
function* devicesToDraw(draft: Draft, { byName }: Membership): Steps<Iterable<string>> {
  if (draft.before.devices.size === 0) return byName.keys();
  const { members, devicesBySite, pins, catalogue } = draft.next;
  const releases = changedReleases(draft.before.catalogue, catalogue);
  const names = new Set(byName.keys());
  const add = (some: Iterable<string>): Steps<void> => forEachInSteps(some, (name) => names.add(name));
  for (const fleet of touchedFleets(draft, releases)) yield* add(namesUnder(members, fleet));
  yield* pinnedTo(pins, releases, (name) => names.add(name));
  for (const site of draft.touched.Site.keys()) yield* add(namesUnder(devicesBySite, site));
  return names;
}

function isSame(left: DesiredDevice, right: DesiredDevice): boolean {
  return (
    left.template.hash === right.template.hash &&
    canonicalJson({ ...left, template: '' }) === canonicalJson({ ...right, template: '' })
  );
}

const termsOfNobody: DeviceTerms = { darkAfterSeconds: darkAfterSecondsDefault, template: idleTemplate };

/** What fleets add to their devices. */
class FleetTerms {
  readonly #draft: Draft;
  readonly #plans = new Map<string, FleetPlan>();
  /** By fleet and releases. */
  readonly #pinnedPlans = new Map<string, FleetPlan>();
  /** A template is of one fleet. */
  readonly #byTemplate = new Map<DeviceTemplate, DeviceTerms>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  #planOf(fleet: string): FleetPlan | undefined {
    const known = this.#plans.get(fleet);
    const manifest = known === undefined ? this.#draft.next.fleets.get(fleet) : undefined;
    if (manifest === undefined) return known;
    const plan = planFleet(this.#draft, fleet, manifest);
    this.#plans.set(fleet, plan);
    return plan;
  }

  /** Of a device that is held at releases, also what it runs by these. */
  ofDevice(fleet: string | undefined, manifest: Device): DeviceTerms {
    const { site, config, hold } = manifest.spec;
    const of: TemplateOf = { site, hasConfig: config !== undefined, manifest: () => manifest };
    const terms = this.of(fleet, of);
    if (hold?.releases === undefined) return terms;
    const plan = fleet === undefined ? undefined : this.#planOf(fleet);
    checkPins(this.#draft, plan?.fleet, manifest);
    if (plan === undefined) return terms;
    return { ...terms, pinned: templateFor(this.#draft, this.#pinnedPlan(plan, hold.releases), of) };
  }

  #pinnedPlan(plan: FleetPlan, releases: NonNullable<DeviceHold['releases']>): FleetPlan {
    const key = canonicalJson({ fleet: plan.name, releases });
    const applications = withReleases(plan.applications, releases, this.#draft.next.catalogue);
    const pinned = this.#pinnedPlans.get(key) ?? { ...plan, applications, shared: new Map() };
    this.#pinnedPlans.set(key, pinned);
    return pinned;
  }

  of(fleet: string | undefined, device: TemplateOf): DeviceTerms {
    const plan = fleet === undefined ? undefined : this.#planOf(fleet);
    if (plan === undefined) return termsOfNobody;
    const template = templateFor(this.#draft, plan, device);
    const known = this.#byTemplate.get(template);
    if (known !== undefined) return known;
    const { darkAfterSeconds = darkAfterSecondsDefault } = plan.fleet.spec;
    const terms = { fleet: plan.name, darkAfterSeconds, template };
    this.#byTemplate.set(template, terms);
    return terms;
  }
}

/** Draws those that `judged` looked at by name, and whoever shares what is touched; brings those that came out different to `affected`. */
function* drawByName(
  draft: Draft,
  judged: Membership,
  fleetTerms: FleetTerms,
  unsealed: MapDraft<readonly string[]>,
  affected: Set<string>,
): Steps<Draft['next']['desiredDevices']> {
  const { before } = draft;
  const desired = new MapDraft(before.desiredDevices);
  const draw = (name: string, manifest: Device): DesiredDevice => {
    const fleet = judged.byName.has(name) ? judged.byName.get(name) : before.desiredDevices.get(name)?.fleet;
    return drawDevice(manifest, fleetTerms.ofDevice(fleet, manifest));
  };
  yield* forEachInSteps(yield* devicesToDraw(draft, judged), (name) => {
    const device = deviceIn(draft, name);
    const old = before.desiredDevices.get(name);
    const drawn = device && draw(name, device);
    noteUnsealed(unsealed, name, drawn?.template);
    if (drawn !== undefined && old !== undefined && isSame(old, drawn)) return;
    if (drawn === undefined && old === undefined) return;
    affected.add(name);
    if (drawn === undefined) desired.delete(name);
    else desired.set(name, drawn);
  });
  return yield* desired.settled();
}

/** The rows of the sheet, each drawn when somebody looks at it from its manifest and its terms. */
function* drawRows(
  { sheet, next }: Draft,
  { ofRows }: Membership,
  fleetTerms: FleetTerms,
  unsealed: MapDraft<readonly string[]>,
): Steps<Rows<DesiredDevice>> {
  const { devices } = next;
  const terms: DeviceTerms[] = [];
  yield* forEachInSteps(sheet.names.keys.entries(), ([row, name]) => {
    const of = { site: sheet.sites[row], hasConfig: sheet.hasConfig[row]!, manifest: () => sheet.device(row) };
    const own = fleetTerms.of(ofRows[row], of);
    terms.push(own);
    const lacking = lackingSecrets(own.template);
    if (lacking.length > 0) unsealed.set(name, lacking);
  });
  const { names } = sheet;
  return names.rows(
    (row) => drawDevice(devices.get(names.keys[row]!)!, terms[row]!),
    (row) => terms[row],
  );
}

/** Draws devices anew, each in the fleet that `judged` has it in; what it returns names those that came out different. */
export function* drawDevices(draft: Draft, judged: Membership): Steps<() => Steps<ReadonlySet<string>>> {
  const { before, next, sheet } = draft;
  const unsealed = new MapDraft(before.unsealed);
  const affected = new Set<string>();
  const fleetTerms = new FleetTerms(draft);
  const byName = yield* drawByName(draft, judged, fleetTerms, unsealed, affected);
  next.desiredDevices = byName.withRows(yield* drawRows(draft, judged, fleetTerms, unsealed));
  next.unsealed = yield* unsealed.settled();
  return function* () {
    yield* forEachInSteps(sheet.names.keys, (name) => affected.add(name));
    return affected;
  };
}
