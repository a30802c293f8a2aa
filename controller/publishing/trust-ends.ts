import type { End } from '../expiry/end.ts';
import { lifetimesDays } from './lifetimes.ts';
import { roleFile, rootFile, targetsFile } from './trust-files.ts';
import type { VerifiedTrust } from './verify-trust.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** When the signed metadata of a repository ends: all of it is renewed by people with keys. */
export function trustEnds({ roots, targets, roles }: VerifiedTrust): End[] {
  const root = roots.at(-1)!.signed;
  const end = (kind: End['kind'], role: string, file: string, expires: string, consequence: string): End => {
    const remedy = `Renew it where its key is: \`fleet release sign --renew ${role}\``;
    const lifeMs = lifetimesDays[kind === 'root' ? 'root' : 'targets'] * dayMs;
    return { kind, subject: file, expiresAt: Date.parse(expires), lifeMs, consequence, remedy };
  };
  return [
    end('root', 'root', rootFile(root.version), root.expires, 'devices install nothing new'),
    end('targets', 'targets', targetsFile, targets.signed.expires, 'devices install nothing new'),
    ...[...roles].map(([name, { signed }]) =>
      end('role', name, roleFile(name), signed.expires, `devices install no deployment with ${name} in it`),
    ),
  ];
}
