/** Which process an application runs in: a pure decision. */
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import type { Suspicion } from './suspicion.ts';

/** The class of an application whose manifest names none. */
export const classDefault = 'standard';
export type ApplicationClass = NonNullable<DeployedApplication['class']>;

/** An application that is to be placed. */
export interface Placeable extends Pick<DeployedApplication, 'name' | 'class' | 'isolation'> {
  /** Why its module can't share a process; empty where it can. */
  readonly ownProcess: readonly string[];
}

/** One process and what it is for. */
export interface HostPlan<T extends Placeable = Placeable> {
  /** Names the process: as long as it stays, what is in it stays where it is. */
  readonly key: string;
  readonly class: ApplicationClass;
  /** Whether it is one application's own. */
  readonly isOwn: boolean;
  readonly applications: readonly T[];
}

/** Why an application has a process of its own, in words; undefined where it shares one. */
export function ownProcessReason(application: Placeable, { culprits, groups }: Suspicion): string | undefined {
  if (application.isolation === 'process') return 'its manifest asks for it';
  if (application.ownProcess.length > 0) return application.ownProcess[0];
  if (culprits.has(application.name)) return 'it ended a process that it shared';
  if (groups.some((group) => group.length === 1 && group[0] === application.name)) return 'it is suspected';
  return undefined;
}

function hostOf(application: Placeable, suspicion: Suspicion): Omit<HostPlan, 'applications'> {
  const { name, class: ofClass = classDefault } = application;
  if (ownProcessReason(application, suspicion) !== undefined)
    return { key: `own-${name}`, class: ofClass, isOwn: true };
  const group = suspicion.groups.find((names) => names.includes(name));
  if (group !== undefined) return { key: `suspects-${group[0]}-${ofClass}`, class: ofClass, isOwn: false };
  return { key: ofClass, class: ofClass, isOwn: false };
}

/**
 * Shares a process among the applications of a class, but not with those whose module could take it down, whose manifest asks
 * for one, that took one down before, or that are suspected of it.
 */
export function placement<T extends Placeable>(
  applications: readonly T[],
  suspicion: Suspicion,
): readonly HostPlan<T>[] {
  const plans = new Map<string, Omit<HostPlan, 'applications'> & { readonly applications: T[] }>();
  for (const application of applications) {
    const host = hostOf(application, suspicion);
    const plan = plans.get(host.key) ?? { ...host, applications: [] };
    plans.set(host.key, plan);
    plan.applications.push(application);
  }
  return [...plans.values()];
}
