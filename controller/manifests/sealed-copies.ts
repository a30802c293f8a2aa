/** Secrets as devices get them: the copy that was sealed to a device's own key, or none. */
import type { DeployedApplication, Device, Secret } from '../../schemas/generated/types.ts';
import { bareFingerprint } from '../../schemas/key-fingerprint.ts';
import type { ApplicationTerms } from './definition.ts';
import type { DeviceTemplate } from './desired.ts';
import { type Draft, placeIn } from './draft.ts';
import type { MapDraft } from './map-draft.ts';
import { listNames } from './nearest-name.ts';
import { forEachInSteps, type Steps } from './steps.ts';

function copyFor({ metadata, spec }: Device, secret: Secret | undefined): { readonly sealed?: string } {
  const copy = secret && Object.hasOwn(secret.spec.copies, metadata.name) && secret.spec.copies[metadata.name];
  if (!copy || spec.keyFingerprint === undefined) return {};
  return bareFingerprint(spec.keyFingerprint) === bareFingerprint(copy.key) ? { sealed: copy.sealed } : {};
}

/** The secrets that an application reads on a device, in the deployment's terms. */
export function deployedSecrets(
  { secrets: read }: ApplicationTerms,
  device: Device,
  secrets: { get(name: string): Secret | undefined },
): Pick<DeployedApplication, 'secrets'> {
  if (read === undefined) return {};
  return { secrets: Object.fromEntries(read.map((name) => [name, copyFor(device, secrets.get(name))])) };
}

/** The secrets that a device of this template reads and has no copy of. */
export function lackingSecrets({ applications }: DeviceTemplate): readonly string[] {
  const reading = applications.filter(({ secrets }) => secrets !== undefined);
  const lacking = reading.flatMap(({ secrets = {} }) => Object.keys(secrets).filter((name) => !secrets[name]!.sealed));
  return lacking.length < 2 ? lacking : [...new Set(lacking)];
}

/** Remembers which secrets a device lacks by its template; undefined is one that is gone. */
export function noteUnsealed(
  unsealed: MapDraft<readonly string[]>,
  name: string,
  template: DeviceTemplate | undefined,
): void {
  const lacking = template === undefined ? [] : lackingSecrets(template);
  if (lacking.length > 0) unsealed.set(name, lacking);
  else if (unsealed.get(name) !== undefined) unsealed.delete(name);
}

/** Warns of secrets that some devices can't read: what needs one does not start there. */
export function* warnOfUnsealed(draft: Draft): Steps<void> {
  const { next, findings } = draft;
  const devices = new Map<string, string[]>();
  yield* forEachInSteps(next.unsealed, ([device, secrets]) => {
    for (const secret of secrets) {
      const names = devices.get(secret);
      if (names === undefined) devices.set(secret, [device]);
      else names.push(device);
    }
  });
  for (const [secret, names] of devices) {
    if (!next.secrets.has(secret)) continue;
    const who = names.length === 1 ? `device ${names[0]}` : `${names.length} devices (${listNames(names)})`;
    const message = `it is not sealed to the key of ${who}: what reads it does not start there; run fleet secret seal`;
    findings.warn(placeIn(draft, `Secret/${secret}`, ['spec', 'copies'], 'key'), 'SECRET_NOT_SEALED', message);
  }
}
