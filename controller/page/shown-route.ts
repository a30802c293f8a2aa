/** What is looked at, as the address of the page says it after `#`. */

export type ShownRoute =
  | { readonly kind: 'fleet' }
  | { readonly kind: 'devices'; readonly query: Readonly<Record<string, string>> }
  | { readonly kind: 'device'; readonly name: string }
  | { readonly kind: 'rollout'; readonly fleet: string }
  | { readonly kind: 'sites' };

/** What the list of devices can be asked for. */
const listKeys = ['state', 'text', 'sort', 'fleet', 'site', 'wave', 'release', 'held', 'selector'];

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Reads an address; what makes no sense is the fleet. */
export function parseRoute(hash: string): ShownRoute {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [kind, rest = ''] = path.split('/', 2);
  const name = decoded(rest) ?? '';
  if (kind === 'sites') return { kind };
  if (kind === 'device' && name !== '') return { kind, name };
  if (kind === 'rollout' && name !== '') return { kind, fleet: name };
  if (kind !== 'devices') return { kind: 'fleet' };
  const asked = [...new URLSearchParams(query)].filter(([key, value]) => listKeys.includes(key) && value !== '');
  return { kind, query: Object.fromEntries(asked) };
}

/** The address of something; `parseRoute` reads it back. */
export function hashOf(route: ShownRoute): string {
  switch (route.kind) {
    case 'fleet':
      return '#/';
    case 'sites':
      return '#/sites';
    case 'device':
      return `#/device/${encodeURIComponent(route.name)}`;
    case 'rollout':
      return `#/rollout/${encodeURIComponent(route.fleet)}`;
    case 'devices': {
      const query = new URLSearchParams(route.query).toString();
      return query === '' ? '#/devices' : `#/devices?${query}`;
    }
    default:
      return route satisfies never;
  }
}
