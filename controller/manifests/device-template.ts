/** The template of each device of a fleet, and what stands in its way, told where it is written. */
import type { Device, Fleet, Site } from '../../schemas/generated/types.ts';
import { layerOf } from './config-layers.ts';
import { type DefinedApplication, definedApplications, probationSecondsDefault } from './definition.ts';
import { deployedConditions, labelsInConditions } from './deployed-conditions.ts';
import { deployedLinks } from './deployed-links.ts';
import { deployedWholeModules } from './deployed-whole-modules.ts';
import { deployedWindows } from './deployed-windows.ts';
import type { DeviceTemplate } from './desired.ts';
import { type Draft, placeIn } from './draft.ts';
import type { ValuePath } from './finding.ts';
import type { FindingPlace } from './finding-list.ts';
import { templateBytesMax } from './limits.ts';
import { listNames } from './nearest-name.ts';
import { holdsPlaceholder, mayReadDevice } from './placeholder.ts';
import { finishTemplate, type OnMissing, renderApplication } from './render-template.ts';

/** Schema default, for what a manifest does not say. */
export const darkAfterSecondsDefault = 3600;

/** What all devices of a fleet have in common; made once per fleet and change. */
export interface FleetPlan {
  readonly name: string;
  readonly fleet: Fleet;
  readonly applications: readonly DefinedApplication[];
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
  const applications = definedApplications(next, fleet);
  const texts = applications.map(({ terms, config }) => [config, terms.args, terms.env]);
  const hasSecrets = applications.some(({ terms }) => terms.secrets !== undefined);
  const labels = labelsInConditions(fleet.spec.when);
  return {
    ...{ name, fleet, applications, labels, shared: new Map() },
    hasPlaceholders: holdsPlaceholder(texts),
    mayReadDevice: hasSecrets || labels.length > 0 || mayReadDevice(texts),
  };
}

/** The site whose devices of this fleet all get the same as this one, empty where all sites do; undefined where it is alone. */
function sharedKey(plan: FleetPlan, site: Site | undefined, hasConfig: boolean): string | undefined {
  const config = site?.spec.config;
  if (plan.mayReadDevice || hasConfig || mayReadDevice(config)) return undefined;
  // Without a site there may be nothing to fill in, which is told for each device.
  const isOfSite = plan.hasPlaceholders || config !== undefined || deployedLinks(site).links !== undefined;
  return isOfSite ? site?.metadata.name : '';
}

/** What a device runs that no fleet selects. */
export const idleTemplate: DeviceTemplate = finishTemplate({
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

/** The manifest of the site that a device names. */
function siteOf({ next }: Draft, { spec }: Device): Site | undefined {
  return spec.site === undefined ? undefined : next.sites.get(spec.site);
}

/** Where the merged configuration of an application has its value at `path` from. */
function configPlace(draft: Draft, plan: FleetPlan, name: string, device: Device, path: ValuePath): FindingPlace {
  const { spec } = plan.fleet;
  const index = spec.applications.findIndex((wanted) => wanted.name === name);
  const layers = [
    draft.next.applications.get(name)!.spec.config,
    spec.config,
    spec.applications[index]!.config,
    siteOf(draft, device)?.spec.config,
    device.spec.config,
  ];
  const places = [
    () => placeIn(draft, `Application/${name}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Fleet/${plan.name}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Fleet/${plan.name}`, ['spec', 'applications', index, 'config', ...path]),
    () => placeIn(draft, `Site/${device.spec.site}`, ['spec', 'config', ...path]),
    () => placeIn(draft, `Device/${device.metadata.name}`, ['spec', 'config', ...path]),
  ];
  return places[layerOf(layers, path)]!();
}

/** Reports what has no value for a device in an application. */
function reporting(draft: Draft, plan: FleetPlan, name: string, device: Device): OnMissing {
  return (field, missing, path) => {
    const place =
      field === 'config'
        ? configPlace(draft, plan, name, device, path)
        : placeIn(draft, `Application/${name}`, ['spec', field, ...path]);
    reportMissing(draft, place, missing, device);
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
  const target = { device, site: siteOf(draft, device), secrets: draft.next.secrets };
  const { consent } = plan.fleet.spec;
  const { template, bytes } = finishTemplate({
    fleet: plan.name,
    probationSeconds: plan.fleet.spec.probationSeconds ?? probationSecondsDefault,
    ...deployedWindows(plan.fleet.spec.windows),
    ...deployedConditions(plan.fleet.spec.when, plan.labels, device.metadata.labels),
    ...(consent === undefined ? {} : { consent }),
    ...deployedLinks(site),
    ...deployedWholeModules(plan.fleet.spec.rollout),
    applications: plan.applications.map((one) =>
      renderApplication(one, target, reporting(draft, plan, one.name, device)),
    ),
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
