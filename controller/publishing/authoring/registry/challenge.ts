/** What a registry says to somebody whom it does not let in: `www-authenticate`, of which two schemes are known here. */

/** How to come back. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

const parameter = /([A-Za-z_]+)="([^"]*)"/g;
const headerCharactersMax = 8192;

/** Undefined where the header asks for neither. */
export function parseChallenge(header: string): Challenge | undefined {
  if (header.length > headerCharactersMax) return undefined;
  const [, scheme = ''] = /^\s*([A-Za-z]+)(?:\s|$)/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') return { kind: 'basic' };
  if (scheme.toLowerCase() !== 'bearer') return undefined;
  const said = new Map([...header.matchAll(parameter)].map(([, name, value]) => [name!.toLowerCase(), value!]));
  const [realm, service, scope] = [said.get('realm'), said.get('service'), said.get('scope')];
  if (realm === undefined) return undefined;
  return {
    ...{ kind: 'bearer', realm },
    ...(service === undefined ? {} : { service }),
    ...(scope === undefined ? {} : { scope }),
  };
}
