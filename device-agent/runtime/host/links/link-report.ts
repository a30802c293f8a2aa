import type { ApplicationReport } from '../../../../schemas/generated/types.ts';
import type { HostedApplication } from '../../protocol.ts';

/** What is linked to an application now, as its report says it. */
export function linkReport({ links }: Pick<HostedApplication, 'links'>): Pick<ApplicationReport, 'links'> {
  if (links === undefined) return {};
  const named = Object.entries(links).map(([link, { name, version }]) => [link, `${name}/${version}`] as const);
  return { links: Object.fromEntries(named) };
}
