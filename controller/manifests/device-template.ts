/** What one device should run: the applications of its fleet, configuration merged, placeholders filled in. */

import type { Application, Config, DeployedApplication, Device, Fleet, Site } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { canonicalJson } from './canonical-json.ts';
import { layerOf, mergeConfig } from './config-layers.ts';
import { deployedConditions, labelsInConditions } from './deployed-conditions.ts';
import { deployedWindows } from './deployed-windows.ts';
import type { CataloguedRelease, DeviceTemplate } from './desired.ts';
import { type Draft, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import type { FindingPlace } from './finding-list.ts';
import { grantedTerms } from './granted-terms.ts';
import { healthTerms } from './health-terms.ts';
import { templateBytesMax } from './limits.ts';
import { linkedModules } from './linked-releases.ts';
import { listNames } from './nearest-name.ts';
import { fillInDeep, holdsPlaceholder, mayReadDevice, type PlaceholderValues } from './placeholder.ts';
import { releaseKey } from './references.ts';
import { runningEvents } from './running-events.ts';
import { runningTerms } from './running-terms.ts';
import { deployedSecrets } from './sealed-copies.ts';

/** Schema defaults, for what a manifest does not say. */
export const probationSecondsDefault = 30;
export const darkAfterSecondsDefault = 3600;
const restartDefault = 'always';

/** An application as one fleet runs it, before site and device have their say. */
interface FleetPart {
  readonly application: Application;
  readonly release: CataloguedRelease;
  readonly links: Pick<DeployedApplication, 'links'>;
  readonly config: Config;
  /** Index in the fleet's list. */
  readonly index: number;
}

/** What all devices of a fleet have in common; made once per fleet and change. */
export interface FleetPlan {
  readonly name: string;
  readonly fleet: Fleet;
  readonly parts: readonly FleetPart[];
  /** Whether anything in it is filled in, and whether that may differ among devices of one site. */
  readonly hasPlaceholders: boolean;
  readonly mayReadDevice: boolean;
  /** The labels that the conditions of the fleet name. */
  readonly labels: readonly string[];
  /** By `sharedKey`, those that were needed. */
  readonly shared: Map<string, DeviceTemplate>;
}

/** Draws up a fleet's plan; what leads nowhere is left out, because it was reported already. */
export function planFleet({ next }: Draft, name: string, fleet: Fleet): FleetPlan {
  const parts = fleet.spec.applications.flatMap((wanted, index): FleetPart[] => {
    const application = next.applications.get(wanted.name);
    const release =
      application && next.catalogue.get(releaseKey(wanted.name, wanted.release ?? application.spec.release));
    const links = application && linkedModules(application.spec, next.catalogue);
    if (application === undefined || release === undefined || links === undefined) return [];
    const config = mergeConfig(mergeConfig(application.spec.config, fleet.spec.config), wanted.config);
    return [{ application, release, links, config, index }];
  });
  parts.sort((left, right) => (left.application.metadata.name < right.application.metadata.name ? -1 : 1));
  const texts = parts.map(({ application: { spec }, config }) => [config, spec.args, spec.env]);
  const labels = labelsInConditions(fleet.spec.when);
  const hasSecrets = parts.some(({ application }) => application.spec.secrets !== undefined);
  return {
    ...{ name, fleet, parts, labels, shared: new Map() },
    hasPlaceholders: holdsPlaceholder(texts),
    mayReadDevice: hasSecrets || labels.length > 0 || mayReadDevice(texts),
  };
}

/** The site whose devices of this fleet all get the same as this one, empty where all sites do; undefined where it is alone. */
function sharedKey(plan: FleetPlan, site: Site | undefined, hasConfig: boolean): string | undefined {
  const config = site?.spec.config;
  if (plan.mayReadDevice || hasConfig || mayReadDevice(config)) return undefined;
  // Without a site there may be nothing to fill in, which is told for each device.
  return plan.hasPlaceholders || config !== undefined ? site?.metadata.name : '';
}

function finish(template: Omit<DeviceTemplate, 'hash'>): { readonly template: DeviceTemplate; readonly bytes: number } {
  const text = canonicalJson(template);
  const hash = sha256Hex(text);
  return { template: { ...template, hash }, bytes: Buffer.byteLength(text) };
}

/** What a device runs that no fleet selects. */
export const idleTemplate: DeviceTemplate = finish({
  probationSeconds: probationSecondsDefault,
  applications: [],
}).template;

function whatIsMissing(name: string, device: Device): string {
  if (name === 'site.name') return 'has no site';
  const labels = Object.keys(device.metadata.labels ?? {});
  const has = labels.length === 0 ? 'it has none' : `it has: ${listNames(labels)}`;
  return `lacks the label ${name.slice('device.labels.'.length)} (${has})`;
}

/** Reports a placeholder without a value at the layer that wrote it. */
function reportMissing(draft: Draft, place: FindingPlace, name: string, device: Device): void {
  const example = whatIsMissing(name, device);
  draft.findings.addForDevice(
    place,
    'NO_VALUE',
    name,
    device.metadata.name,
    (devices) => `"\${${name}}" has no value for ${devices}: ${device.metadata.name} ${example}`,
  );
}

/** Where the merged configuration has its value at `path` from. */
function configPlace(draft: Draft, plan: FleetPlan, part: FleetPart, device: Device, path: ValuePath): FindingPlace {
  const site = device.spec.site === undefined ? undefined : draft.next.sites.get(device.spec.site);
  const { spec } = plan.fleet;
  const layers = [
    part.application.spec.config,
    spec.config,
    spec.applications[part.index]!.config,
    site?.spec.config,
    device.spec.config,
  ];
  const places = [
    () => placeIn(draft, `Application/${part.application.metadata.name}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Fleet/${plan.name}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Fleet/${plan.name}`, ['spec', 'applications', part.index, 'config', ...path]),
    () => placeIn(draft, `Site/${device.spec.site}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Device/${device.metadata.name}`, ['spec', 'config', ...path]),
  ];
  return places[layerOf(layers, path)]!();
}

function deploy(draft: Draft, plan: FleetPlan, part: FleetPart, device: Device): DeployedApplication {
  const { application, release } = part;
  const name = application.metadata.name;
  const site = device.spec.site === undefined ? undefined : draft.next.sites.get(device.spec.site);
  const merged = mergeConfig(mergeConfig(part.config, site?.spec.config), device.spec.config);
  const values: PlaceholderValues = {
    name: device.metadata.name,
    labels: device.metadata.labels ?? {},
    site: device.spec.site,
  };
  const inApplication = (field: string) => (missing: string, path: ValuePath) =>
    reportMissing(draft, placeIn(draft, `Application/${name}`, ['spec', field, ...path]), missing, device);
  return {
    name,
    version: release.version,
    sha256: release.sha256,
    length: release.length,
    ...part.links,
    args: fillInDeep(application.spec.args ?? [], values, inApplication('args')),
    env: fillInDeep(application.spec.env ?? {}, values, inApplication('env')),
    config: fillInDeep(merged, values, (missing, path) =>
      reportMissing(draft, configPlace(draft, plan, part, device, path), missing, device),
    ),
    restart: application.spec.restart ?? restartDefault,
    ...runningTerms(application.spec),
    ...runningEvents(application.spec),
    ...healthTerms(application.spec),
    ...grantedTerms(application.spec),
    ...deployedSecrets(application, device, draft.next.secrets),
  };
}

/** Who a template is for; the manifest is asked for where no other device has the same. */
export interface TemplateOf {
  readonly site: string | undefined;
  readonly hasConfig: boolean;
  readonly manifest: () => Device;
}

/** The template of one device of a fleet; reports what cannot be filled in and what grows too large. */
export function templateFor(draft: Draft, plan: FleetPlan, of: TemplateOf): DeviceTemplate {
  const site = of.site === undefined ? undefined : draft.next.sites.get(of.site);
  const key = sharedKey(plan, site, of.hasConfig);
  const shared = key === undefined ? undefined : plan.shared.get(key);
  if (shared !== undefined) return shared;
  const device = of.manifest();
  const { windows, when, consent } = plan.fleet.spec;
  const { template, bytes } = finish({
    fleet: plan.name,
    probationSeconds: plan.fleet.spec.probationSeconds ?? probationSecondsDefault,
    ...(windows === undefined ? {} : { windows: deployedWindows(windows) }),
    ...(when === undefined ? {} : { when: deployedConditions(when, plan.labels, device.metadata.labels) }),
    ...(consent === undefined ? {} : { consent }),
    applications: plan.parts.map((part) => deploy(draft, plan, part, device)),
  });
  if (bytes > templateBytesMax) {
    const place = placeIn(draft, `Fleet/${plan.name}`, ['spec', 'applications'], 'key');
    const limit = `at most ${templateBytesMax} bytes travel to a device`;
    draft.findings.addForDevice(
      place,
      'DEPLOYMENT_TOO_LARGE',
      '',
      device.metadata.name,
      (devices) => `applications and merged configuration are too large for ${devices}: ${limit}`,
    );
  }
  // A template that is too large is reported for every device, so it is not shared.
  if (key !== undefined && bytes <= templateBytesMax) plan.shared.set(key, template);
  return template;
}
