/** What a device runs by a definition of its fleet: configuration of site and device merged in, placeholders filled in. */
import type { DeployedApplication, Device, Secret, Site } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { canonicalJson } from './canonical-json.ts';
import { mergeConfig } from './config-layers.ts';
import type { DefinedApplication, FleetDefinition } from './definition.ts';
import { deployedConditions, labelsInConditions } from './deployed-conditions.ts';
import { deployedLinks } from './deployed-links.ts';
import { deployedWholeModules } from './deployed-whole-modules.ts';
import { deployedWindows } from './deployed-windows.ts';
import type { DesiredFleet, DeviceTemplate } from './desired.ts';
import type { ValuePath } from './finding.ts';
import { grantedTerms } from './granted-terms.ts';
import { healthTerms } from './health-terms.ts';
import { templateBytesMax } from './limits.ts';
import { fillInDeep, type PlaceholderValues } from './placeholder.ts';
import { runningEvents } from './running-events.ts';
import { runningTerms } from './running-terms.ts';
import { deployedSecrets } from './sealed-copies.ts';

const restartDefault = 'always';

/** Who an application is rendered for. */
export interface RenderedFor {
  readonly device: Device;
  /** Undefined where the device has none, or none that there is. */
  readonly site: Site | undefined;
  readonly secrets: { get(name: string): Secret | undefined };
}

/** A placeholder in one of these has no value for the device. */
export type OnMissing = (field: 'args' | 'env' | 'config', name: string, path: ValuePath) => void;

/** An application in the deployment's terms, for one device. */
export function renderApplication(
  defined: DefinedApplication,
  { device, site, secrets }: RenderedFor,
  onMissing: OnMissing,
): DeployedApplication {
  const { terms, config, ...release } = defined;
  const merged = mergeConfig(mergeConfig(config, site?.spec.config), device.spec.config);
  const values: PlaceholderValues = {
    name: device.metadata.name,
    labels: device.metadata.labels ?? {},
    site: device.spec.site,
  };
  const filled = <T>(field: 'args' | 'env' | 'config', value: T): T =>
    fillInDeep(value, values, (missing, path) => onMissing(field, missing, path));
  return {
    ...release,
    args: filled('args', terms.args ?? []),
    env: filled('env', terms.env ?? {}),
    config: filled('config', merged),
    restart: terms.restart ?? restartDefault,
    ...runningTerms(terms),
    ...runningEvents(terms),
    ...healthTerms(terms),
    ...grantedTerms(terms),
    ...deployedSecrets(terms, device, secrets),
  };
}

/** A template with its hash, and how many bytes it takes. */
export function finishTemplate(template: Omit<DeviceTemplate, 'hash'>): {
  readonly template: DeviceTemplate;
  readonly bytes: number;
} {
  const text = canonicalJson(template);
  const hash = sha256Hex(text);
  return { template: { ...template, hash }, bytes: Buffer.byteLength(text) };
}

/**
 * What a device of a fleet runs by any definition of it, also one that git has no more. Undefined where git names no such device, where
 * a placeholder has no value for it, and where it grows too large. When it may
 * change is git's to say, and no part of what it runs.
 */
export function templateUnder(
  { manifests, sites, secrets, fleets }: DesiredFleet,
  { fleet, probationSeconds, applications }: FleetDefinition,
  name: string,
): DeviceTemplate | undefined {
  const device = manifests.get(name);
  if (device === undefined) return undefined;
  const site = device.spec.site === undefined ? undefined : sites.get(device.spec.site);
  let isWhole = true;
  const rendered = applications.map((one) =>
    renderApplication(one, { device, site, secrets }, () => {
      isWhole = false;
    }),
  );
  const { windows, when, consent, rollout } = fleets.get(fleet)?.spec ?? {};
  const { template, bytes } = finishTemplate({
    ...{ fleet, probationSeconds, applications: rendered },
    ...deployedWindows(windows),
    ...deployedConditions(when, labelsInConditions(when), device.metadata.labels),
    ...(consent === undefined ? {} : { consent }),
    ...deployedLinks(site),
    ...deployedWholeModules(rollout),
  });
  return isWhole && bytes <= templateBytesMax ? template : undefined;
}
