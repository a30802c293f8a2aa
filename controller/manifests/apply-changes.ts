/** Changed files and the catalogue of releases → the next desired fleet, or everything that speaks against it. */

import type { Application, Device, Problem } from '../../schemas/generated/types.ts';
import { canonicalJson } from './canonical-json.ts';
import { warnOfUnreadChannels } from './channel-warnings.ts';
import type { Catalogue, DesiredDevice } from './desired.ts';
import { darkAfterSecondsDefault, type FleetPlan, idleTemplate, planFleet, templateFor } from './device-template.ts';
import { type Draft, deviceIn, type FileChange } from './draft.ts';
import { type DeviceTerms, drawDevice } from './draw-device.ts';
import type { Finding } from './finding.ts';
import { linkedReleases } from './linked-releases.ts';
import { ownChange } from './manifest-path.ts';
import type { ManifestState } from './manifest-state.ts';
import { MapDraft } from './map-draft.ts';
import { updateMembership } from './membership.ts';
import { namesUnder } from './name-index.ts';
import { openDraft } from './read-changes.ts';
import { checkReferences, releaseKey } from './references.ts';
import { noteUnsealed, warnOfUnsealed } from './sealed-copies.ts';
import { warnOfEmptyFleets, warnOfStrays } from './selection-warnings.ts';
import { forEachInSteps, runAtOnce, type Steps } from './steps.ts';

/**
 * What became of a change. A refused one leaves the state before in force and usable; its findings still lack lines, which
 * `locateProblems` adds. `affected` names the devices whose `DesiredDevice` came, went or differs; all others are the very
 * same objects as before.
 */
export type Applied = (
  | { readonly kind: 'accepted'; readonly state: ManifestState; readonly affected: ReadonlySet<string> }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly findings: readonly Finding[] }
) & {
  /** What is most likely not meant, of the whole revision and not of the change alone; it refuses nothing. */
  readonly warnings: readonly Finding[];
};

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

/** Fleets whose devices are touched by a change of an application, of a secret that one reads, or of a release. */
function touchedFleets({ before, next, touched }: Draft): string[] {
  const releases = changedReleases(before.catalogue, next.catalogue);
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

/** Those that were judged, and whoever shares what is touched. */
function* devicesToDraw(draft: Draft, judged: ReadonlyMap<string, unknown>): Steps<Iterable<string>> {
  if (draft.before.devices.size === 0) return judged.keys();
  const { members, devicesBySite } = draft.next;
  const names = new Set(judged.keys());
  const add = (some: Iterable<string>): Steps<void> => forEachInSteps(some, (name) => names.add(name));
  for (const fleet of touchedFleets(draft)) yield* add(namesUnder(members, fleet));
  for (const site of draft.touched.Site.keys()) yield* add(namesUnder(devicesBySite, site));
  return names;
}

function isSame(left: DesiredDevice, right: DesiredDevice): boolean {
  return (
    left.template.hash === right.template.hash &&
    canonicalJson({ ...left, template: '' }) === canonicalJson({ ...right, template: '' })
  );
}

/** What its fleet adds to a device. */
function termsOf(draft: Draft, device: Device, plan: FleetPlan | undefined): DeviceTerms {
  if (plan === undefined) return { darkAfterSeconds: darkAfterSecondsDefault, template: idleTemplate };
  const { darkAfterSeconds = darkAfterSecondsDefault } = plan.fleet.spec;
  return { fleet: plan.name, darkAfterSeconds, template: templateFor(draft, plan, device) };
}

/** Draws the devices anew, `judged` ones in their new fleet; returns those that came out different. */
function* drawDevices(draft: Draft, judged: ReadonlyMap<string, string | undefined>): Steps<Set<string>> {
  const { before, next } = draft;
  const desired = new MapDraft(before.desiredDevices);
  const unsealed = new MapDraft(before.unsealed);
  const affected = new Set<string>();
  const plans = new Map<string, FleetPlan>();
  const planOf = (device: string): FleetPlan | undefined => {
    const fleet = judged.has(device) ? judged.get(device) : before.desiredDevices.get(device)?.fleet;
    const manifest = fleet === undefined ? undefined : next.fleets.get(fleet);
    if (fleet === undefined || manifest === undefined) return undefined;
    const plan = plans.get(fleet) ?? planFleet(draft, fleet, manifest);
    plans.set(fleet, plan);
    return plan;
  };
  yield* forEachInSteps(yield* devicesToDraw(draft, judged), (name) => {
    const device = deviceIn(draft, name);
    const old = before.desiredDevices.get(name);
    const drawn = device && drawDevice(device, termsOf(draft, device, planOf(name)));
    noteUnsealed(unsealed, name, drawn);
    if (drawn !== undefined && old !== undefined && isSame(old, drawn)) return;
    if (drawn === undefined && old === undefined) return;
    affected.add(name);
    if (drawn === undefined) desired.delete(name);
    else desired.set(name, drawn);
  });
  next.desiredDevices = yield* desired.settled();
  next.unsealed = yield* unsealed.settled();
  return affected;
}

/** As `applyChanges`, step by step. */
export function* applyChangesInSteps(
  state: ManifestState,
  changed: readonly FileChange[],
  catalogue: Catalogue,
): Steps<Applied> {
  const changes: FileChange[] = [];
  yield* forEachInSteps(changed, (change) => changes.push(ownChange(change)));
  const draft = yield* openDraft(state, changes);
  draft.next.catalogue = catalogue;
  const judged = yield* updateMembership(draft);
  yield* checkReferences(draft, changes);
  yield* warnOfEmptyFleets(draft);
  warnOfUnreadChannels(draft);
  const affected = yield* drawDevices(draft, judged);
  yield* warnOfStrays(draft);
  yield* warnOfUnsealed(draft);
  const problems: Problem[] = [];
  yield* forEachInSteps(changes, ({ path, file }) => {
    for (const problem of file?.problems ?? []) problems.push({ file: path, ...problem });
  });
  const findings = draft.findings.errors();
  const warnings = draft.findings.warnings();
  if (problems.length > 0 || findings.length > 0) return { kind: 'refused', problems, findings, warnings };
  return { kind: 'accepted', state: { ...draft.next }, affected, warnings };
}

/**
 * Applies what differs between the revision of `state` and the next one. The cost follows the files and devices that are
 * touched, not the size of the fleet. Starting from `emptyManifestState` with every file gives the same state.
 */
export function applyChanges(state: ManifestState, changed: readonly FileChange[], catalogue: Catalogue): Applied {
  return runAtOnce(applyChangesInSteps(state, changed, catalogue));
}
