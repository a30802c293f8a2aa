/** Secrets are opened where an application is started, and are in memory only. */
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import type { OpenDirectory } from '../primitives/open-directory.ts';
import { fileDirectory } from '../primitives/read-only-directory.ts';

/** Opens what was sealed under a name for this device; undefined when it was not. */
export type OpenSecret = (secret: { readonly name: string; readonly sealed: string }) => Uint8Array | undefined;

/** Base64 of what an application may read, by name: as it goes from the supervisor to a host. */
export type OpenedSecrets = Readonly<Record<string, string>>;

/** Opens all of an application's secrets, or says which of them can't be, and why. */
export function openSecrets(
  { secrets = {} }: Pick<DeployedApplication, 'secrets'>,
  open: OpenSecret,
):
  | { readonly kind: 'opened'; readonly secrets: OpenedSecrets }
  | { readonly kind: 'refused'; readonly message: string } {
  const opened: Record<string, string> = {};
  for (const [name, { sealed }] of Object.entries(secrets)) {
    const value = sealed === undefined ? undefined : open({ name, sealed });
    if (value === undefined) {
      const message = `the secret ${name} is not sealed to the key of this device; run fleet secret seal and commit`;
      return { kind: 'refused', message };
    }
    opened[name] = Buffer.from(value).toString('base64');
  }
  return { kind: 'opened', secrets: opened };
}

/** `/secrets`, which nobody writes to. */
export function secretDirectory(secrets: OpenedSecrets): OpenDirectory {
  const files = Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return fileDirectory(Object.fromEntries(files));
}
