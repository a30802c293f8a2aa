/** One YAML document as a plain value → a manifest, or what is wrong with it. */
import type { SelectorRequirement } from '../../schemas/generated/types.ts';
import { isApplication } from '../../schemas/generated/validators/application.js';
import { isDevice } from '../../schemas/generated/validators/device.js';
import { isFleet } from '../../schemas/generated/validators/fleet.js';
import { isPolicy } from '../../schemas/generated/validators/policy.js';
import { isSecret } from '../../schemas/generated/validators/secret.js';
import { isSite } from '../../schemas/generated/validators/site.js';
import { isObject } from '../../schemas/json-object.ts';
import { bareFingerprint, keyFingerprint } from '../../schemas/key-fingerprint.ts';
import { nearestName } from '../../schemas/nearest-name.ts';
import { listAt } from './broken-manifest.ts';
import { checkChannels } from './check-channels.ts';
import { checkConditions } from './check-conditions.ts';
import { checkEvents } from './check-events.ts';
import { checkHealth } from './check-health.ts';
import { checkHold } from './check-hold.ts';
import { checkLinks } from './check-links.ts';
import { checkRollout } from './check-rollout.ts';
import { checkWindows } from './check-windows.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { hint } from './nearest-name.ts';
import type { Manifest, ManifestKind } from './parsed-file.ts';
import { placeholderFaults, placeholderNames } from './placeholder.ts';
import { describeViolation, shown, valueAt } from './schema-violation.ts';

export type CheckedDocument =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'broken'; readonly findings: readonly FileFinding[] };

const validators = {
  Application: isApplication,
  Device: isDevice,
  Fleet: isFleet,
  Policy: isPolicy,
  Secret: isSecret,
  Site: isSite,
} as const;
const kinds = Object.keys(validators) as ManifestKind[];
const apiVersion = 'fleet/v1alpha1';

/** True for a document that says it is a manifest of a fleet, or most likely means to. */
export function claimsToBeOurs(value: unknown): boolean {
  const [version, kind] = [valueAt(value, ['apiVersion']), valueAt(value, ['kind'])];
  if (typeof version === 'string' && version.startsWith('fleet/')) return true;
  const isOurKind = kinds.some((known) => known === kind);
  return isOurKind && (version === undefined || nearestName(String(version), [apiVersion]) !== undefined);
}

/** The same of a text that is too broken to be read. */
export function textClaimsToBeOurs(text: string): boolean {
  return /^apiVersion:\s*["']?fleet\//m.test(text);
}

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

function checkRequirement(requirement: unknown, path: ValuePath, report: Report): void {
  const { operator, values = [] } = (requirement ?? {}) as Partial<SelectorRequirement>;
  if (operator === undefined || !Array.isArray(values)) return;
  const needsValues = operator === 'In' || operator === 'NotIn';
  const takesNone = operator === 'Exists' || operator === 'DoesNotExist';
  if (needsValues && values.length === 0)
    report(path, 'value', 'BAD_SELECTOR', `${operator} needs at least one of "values"`);
  if (takesNone && values.length > 0)
    report([...path, 'values'], 'key', 'BAD_SELECTOR', `${operator} takes no "values"`);
}

function checkSelector(value: unknown, path: ValuePath, report: Report): void {
  const requirements: ValuePath = [...path, 'matchExpressions'];
  for (const [index, requirement] of listAt(value, requirements).entries())
    checkRequirement(requirement, [...requirements, index], report);
}

/** What Kubernetes asks of selectors beyond their shape, and that no application stands twice in a fleet. */
function checkFleet(value: unknown, report: Report): void {
  const waves = listAt(value, ['spec', 'rollout', 'waves']);
  checkSelector(value, ['spec', 'selector'], report);
  for (const index of waves.keys()) checkSelector(value, ['spec', 'rollout', 'waves', index, 'selector'], report);
  const names = listAt(value, ['spec', 'applications']).map((wanted) => valueAt(wanted, ['name']));
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || names.indexOf(name) === index) continue;
    const path = ['spec', 'applications', index, 'name'];
    report(path, 'value', 'DUPLICATE_APPLICATION', `the fleet already runs "${name}"`);
  }
}

/** Secrets are sealed to the key that stands there: it must be the one that the device is known by. */
function checkDeviceKey(value: unknown, report: Report): void {
  const [key, fingerprint] = ['publicKey', 'keyFingerprint'].map((name) => valueAt(value, ['spec', name]));
  if (typeof key !== 'string' || fingerprint === undefined) return;
  const own = keyFingerprint(Buffer.from(key, 'base64'));
  if (bareFingerprint(String(fingerprint)) === bareFingerprint(own)) return;
  const message = `this key has the fingerprint ${own}, not that of keyFingerprint; commit both as fleet agent enroll prints them`;
  report(['spec', 'publicKey'], 'value', 'KEY_MISMATCH', message);
}

/** The places whose strings are filled in for each device. */
function placeholderRoots(kind: ManifestKind, value: unknown): ValuePath[] {
  const config = ['spec', 'config'];
  switch (kind) {
    case 'Application':
      return [config, ['spec', 'env'], ['spec', 'args']];
    case 'Fleet': {
      const applications = listAt(value, ['spec', 'applications']);
      return [config, ...applications.map((_, index) => ['spec', 'applications', index, 'config'])];
    }
    case 'Site':
    case 'Device':
      return [config];
    case 'Policy':
    case 'Secret':
      return [];
    default:
      return kind satisfies never;
  }
}

function checkPlaceholders(value: unknown, path: ValuePath, report: Report): void {
  if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, member] of Object.entries(value))
      checkPlaceholders(member, [...path, isList ? Number(key) : key], report);
  }
  if (typeof value !== 'string') return;
  for (const { name, closed } of placeholderFaults(value)) {
    if (!closed) {
      report(path, 'value', 'BAD_PLACEHOLDER', 'a placeholder is not closed; write $${ for a plain ${');
      continue;
    }
    const nearest = nearestName(name, placeholderNames);
    const meant =
      nearest === undefined ? `there are: ${placeholderNames.join(', ')}` : `did you mean "\${${nearest}}"?`;
    report(path, 'value', 'UNKNOWN_PLACEHOLDER', `"\${${name}}" means nothing; ${meant}`);
  }
}

function checkKind(value: Readonly<Record<string, unknown>>, report: Report): ManifestKind | undefined {
  if (value.apiVersion !== apiVersion) {
    const seen = value.apiVersion === undefined ? 'it has none' : `it is ${shown(value.apiVersion)}`;
    const place: ValuePath = value.apiVersion === undefined ? [] : ['apiVersion'];
    report(place, 'value', 'UNKNOWN_API_VERSION', `apiVersion must be "${apiVersion}", ${seen}`);
  }
  const kind = kinds.find((known) => known === value.kind);
  if (kind !== undefined) return kind;
  const place: ValuePath = value.kind === undefined ? [] : ['kind'];
  const seen = value.kind === undefined ? 'kind is missing' : `kind cannot be ${shown(value.kind)}`;
  report(place, 'value', 'UNKNOWN_KIND', `${seen}; ${hint(String(value.kind), kinds, 'kind')}`);
  return undefined;
}

/** Checks everything that can be known from one document alone. */
export function checkDocument(value: unknown, document: number): CheckedDocument {
  const findings: FileFinding[] = [];
  const report: Report = (path, part, code, message) => findings.push({ document, path, part, code, message });
  if (!isObject(value)) {
    report(
      [],
      'value',
      'NOT_A_MANIFEST',
      `a manifest is a map with apiVersion, kind, metadata and spec, not ${shown(value)}`,
    );
    return { kind: 'broken', findings };
  }
  const kind = checkKind(value, report);
  if (kind === undefined) return { kind: 'broken', findings };
  const validate = validators[kind];
  const isValid = validate(value);
  for (const error of isValid ? [] : (validate.errors ?? [])) {
    // checkKind has said so already.
    if (error.instancePath === '/apiVersion' || error.params.missingProperty === 'apiVersion') continue;
    const violation = describeViolation(error, kind, value);
    if (violation !== undefined) findings.push({ document, ...violation });
  }
  // Also when the schema found something: who mends that should not find the rest only afterwards.
  if (kind === 'Fleet') {
    checkFleet(value, report);
    checkRollout(value, report);
    checkWindows(value, report);
    checkConditions(value, report);
  }
  if (kind === 'Application') {
    checkEvents(value, report);
    checkChannels(value, report);
    checkHealth(value, report);
  }
  if (kind === 'Device') {
    checkDeviceKey(value, report);
    checkHold(value, report);
  }
  if (kind === 'Site') checkLinks(value, report);
  for (const root of placeholderRoots(kind, value)) checkPlaceholders(valueAt(value, root), root, report);
  return isValid && findings.length === 0 ? { kind: 'manifest', manifest: value } : { kind: 'broken', findings };
}
