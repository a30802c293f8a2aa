/** What a device keeps to on the links of its site. Pure. */
import type { DeployedLink } from '../../schemas/generated/types.ts';

/** A form in which a module travels: whole ones may be compressed. */
export type Form = 'delta' | 'whole';

/** A link, and what of its budget is left. */
export interface LinkAllowance extends DeployedLink {
  /** Bytes; absent where it has no budget. */
  readonly left?: number;
  /** When it has a whole budget again; absent where it has none. */
  readonly renewsAt?: string;
  /** Why no module goes over it at this time; absent in its hours. */
  readonly shut?: Closure;
}

/** The last of a budget is for what controls the device, and what was on its way when the rest was used up. */
const reserveBytes = 16_384;

/** Of what IP takes of a long stream, the part that is the stream: the rest of a budget buys so much less. */
export const streamShare = 0.93;

/** Why no module goes over a link, or none in some form. */
export interface Closure {
  readonly code: 'LINK_BUDGET' | 'LINK_CARRIES' | 'LINK_WINDOW';
  readonly message: string;
}

function isOn({ interface: pattern = '*' }: DeployedLink, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Whether a link is there, by the fact that tells it. */
export type IsThere = (link: DeployedLink) => 'yes' | 'no' | 'unknown';

/** The links that may be there, those that are before those that nobody knows of: of these, terms are kept to as well. */
export function linksThere<Link extends DeployedLink>(links: readonly Link[], isThere: IsThere): readonly Link[] {
  const told = links.map((link) => ({ link, is: isThere(link) }));
  return (['yes', 'unknown'] as const).flatMap((wanted) =>
    told.flatMap(({ link, is }) => (is === wanted ? [link] : [])),
  );
}

/** The first link that may go out of an interface; undefined where no link of the site does. */
export function linkOn<Link extends DeployedLink>(links: readonly Link[], name: string | undefined): Link | undefined {
  return name === undefined ? undefined : links.find((link) => isOn(link, name));
}

/** How many bytes of modules may still be taken over a link, infinite without a budget. */
export function roomOn({ left }: LinkAllowance): number {
  return left === undefined ? Number.POSITIVE_INFINITY : Math.max(0, left - reserveBytes);
}

function budgetText({ name, budget, renewsAt }: LinkAllowance): string {
  const whole = budget === undefined ? 'budget' : `${budget.bytes / 1e6} MB a ${budget.per}`;
  return `link ${name} has used its ${whole}, and has as much again from ${renewsAt} on`;
}

/** Why no module goes over a link now, in whatever form; undefined where one may. */
export function closedTo(link: LinkAllowance): Closure | undefined {
  const { name, carries } = link;
  if (carries !== undefined && !carries.includes('delta') && !carries.includes('whole'))
    return { code: 'LINK_CARRIES', message: `link ${name} carries no modules` };
  if (link.shut !== undefined) return link.shut;
  return roomOn(link) > 0 ? undefined : { code: 'LINK_BUDGET', message: budgetText(link) };
}

/** Why a module does not go over a link in this form now; undefined where it may. */
export function closedToForm(link: LinkAllowance, form: Form): Closure | undefined {
  const closed = closedTo(link);
  if (closed !== undefined || link.carries?.includes(form) !== false) return closed;
  const [lacks, others] = form === 'whole' ? ['whole modules', 'deltas'] : ['deltas', 'whole ones'];
  return { code: 'LINK_CARRIES', message: `link ${link.name} carries no ${lacks}, and none of the ${others} is there` };
}

/** Whether no link of a site ever carries deltas, and one whole modules: then an update comes whole, or not at all. */
export function bringWholeOnly(links: readonly DeployedLink[]): boolean {
  const isWithoutDeltas = links.every(({ carries }) => carries?.includes('delta') === false);
  return isWithoutDeltas && links.some(({ carries }) => carries?.includes('whole'));
}
