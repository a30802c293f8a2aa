/** Who asks the API, and what they may do. Devices are none of these: they have certificates, and routes of their own. */

/** Each may do what those before it may. */
export const scopes = ['view', 'operate', 'admin'] as const;

export type Scope = (typeof scopes)[number];

/** What of all there is somebody may see and act upon. */
export interface Limits {
  /** Absent: of all. With both, a device has to be of one of these fleets and at one of these sites. */
  readonly fleets?: readonly string[];
  readonly sites?: readonly string[];
}

export interface Caller extends Limits {
  /** Of a token, or of a person that an issuer vouched for. */
  readonly name: string;
  /** installation: the token that the controller made at its first start; session: somebody signed in to the page. */
  readonly kind: 'installation' | 'token' | 'session';
  readonly scope: Scope;
}

/** Where something belongs that is asked about, or done something to. */
export interface Subject {
  readonly fleet?: string | undefined;
  readonly site?: string | undefined;
}

/** Whoever has the controller's own token. */
export const installation: Caller = { name: 'installation', kind: 'installation', scope: 'admin' };

/** Why somebody who showed a secret is not let in. */
export interface NotLetIn {
  readonly kind: 'not-let-in';
  /** Whose secret it was, where that is known: for the audit. */
  readonly who?: Pick<Caller, 'name' | 'kind'>;
  readonly status: 401 | 403 | 429;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** Finds who asks by the headers of a request; undefined where they show nothing that is known here. */
export type WhoAsks = (asked: { readonly headers: Readonly<Record<string, string>> }) => Caller | NotLetIn | undefined;

/** Whether all that is known is theirs to see, as far as their scope goes. */
export function isUnlimited({ fleets, sites }: Limits): boolean {
  return fleets === undefined && sites === undefined;
}

/** Whether the scope of a caller has this one in it. */
export function reaches({ scope }: Caller, needed: Scope): boolean {
  return scopes.indexOf(scope) >= scopes.indexOf(needed);
}

function isOf(names: readonly string[] | undefined, name: string | undefined): boolean {
  return names === undefined || (name !== undefined && names.includes(name));
}

/** Whether what is of this fleet and site is theirs. What belongs to nothing, like the branch, is theirs who are unlimited. */
export function isTheirs({ fleets, sites }: Limits, { fleet, site }: Subject): boolean {
  return isOf(fleets, fleet) && isOf(sites, site);
}
