import type { DeployedApplication } from '../../schemas/generated/types.ts';
import { canonicalJson } from '../manifests/canonical-json.ts';

/** A linked module that comes, goes or differs, as NAME/VERSION. */
export interface LinkChange {
  readonly link: string;
  readonly from?: string;
  readonly to?: string;
}

/** An application that comes, goes or differs. Without `from` it comes, without `to` it goes. */
export interface ApplicationChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  /** What its manifest says of it besides its releases differs: arguments, configuration, limits, trigger, grants. */
  readonly settings: boolean;
  /** Which of them, by their names in a deployment. */
  readonly changed?: string[];
  readonly links?: LinkChange[];
  /** What becomes of the state of its kept instance, where another module takes it over or begins afresh. */
  readonly handover?: 'none' | 'snapshot' | 'migrate';
}

type Applications = readonly DeployedApplication[];

/** How the applications of two deployments differ, by name. */
export function applicationChanges(before: Applications, after: Applications): ApplicationChange[] {
  const [old, fresh] = [before, after].map((all) => new Map(all.map((one) => [one.name, one])));
  return [...new Set([...old!.keys(), ...fresh!.keys()])].sort().flatMap((name) => {
    const [from, to] = [old!.get(name), fresh!.get(name)];
    const change = {
      ...{ name, ...(from && { from: from.version }), ...(to && { to: to.version }) },
      ...(from !== undefined && to !== undefined ? differences(from, to) : { settings: false }),
    };
    const isSame = from?.sha256 === to?.sha256 && from?.version === to?.version;
    return isSame && !change.settings && change.links === undefined ? [] : [change];
  });
}

function differences(from: DeployedApplication, to: DeployedApplication) {
  const links = linkChanges(from, to);
  const hasState = from.events?.instance === 'kept' && to.events?.instance === 'kept';
  const changed = changedSettings(from, to);
  return {
    settings: changed.length > 0,
    ...(changed.length === 0 ? {} : { changed }),
    ...(links.length === 0 ? {} : { links }),
    ...(hasState && from.sha256 !== to.sha256 ? { handover: to.handover ?? ('none' as const) } : {}),
  };
}

/** What of a deployment names the modules of an application. */
const moduleMembers: ReadonlySet<string> = new Set(['name', 'version', 'sha256', 'length', 'links']);

/** Of all that a deployment says of an application but for its modules, the names of what differs, sorted. */
function changedSettings(from: DeployedApplication, to: DeployedApplication): string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((name) => !moduleMembers.has(name));
  const [before, after] = [from, to].map((one) => new Map<string, unknown>(Object.entries(one)));
  return names.sort().filter((name) => canonicalJson(before!.get(name)) !== canonicalJson(after!.get(name)));
}

function linkChanges(
  { links: before = {} }: DeployedApplication,
  { links: after = {} }: DeployedApplication,
): LinkChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((link) => {
    const [from, to] = [before[link], after[link]];
    if (from?.sha256 === to?.sha256 && from?.version === to?.version) return [];
    const named = (one: typeof from) => one && `${one.name}/${one.version}`;
    return [{ link, ...(from && { from: named(from)! }), ...(to && { to: named(to)! }) }];
  });
}
