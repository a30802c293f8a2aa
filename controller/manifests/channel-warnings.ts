import type { Application, Fleet } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';

function readChannels(applications: readonly (Application | undefined)[]): ReadonlySet<string> {
  return new Set(applications.flatMap((one) => Object.keys(one?.spec.channels?.in ?? {})));
}

/** Channels that an application writes for nobody, where these applications run together. */
function unreadChannels(application: Application, read: ReadonlySet<string>): string[] {
  const written = Object.entries(application.spec.channels?.out ?? {});
  return written.filter(([name, { shore }]) => shore === undefined && !read.has(name)).map(([name]) => name);
}

function warnOfFleet(draft: Draft, fleet: string, { spec }: Fleet, told: Set<string>): void {
  const { next, findings } = draft;
  const applications = spec.applications.map(({ name }) => next.applications.get(name));
  const read = readChannels(applications);
  for (const application of applications) {
    if (application === undefined) continue;
    const { name } = application.metadata;
    for (const channel of unreadChannels(application, read)) {
      const key = `${name}/${channel}`;
      if (told.has(key)) continue;
      told.add(key);
      const message = `nobody in fleet ${fleet} reads the channel ${channel}, and it is not for the shore: what ${name} writes there is lost; let an application of the fleet read it, or say shore: {}`;
      const path = ['spec', 'channels', 'out', channel];
      findings.warn(placeIn(draft, `Application/${name}`, path, 'key'), 'CHANNEL_UNREAD', message);
    }
  }
}

/** Warns of channels that nobody reads and that are not for the shore, unless a file that can't be read may hold their reader. */
export function warnOfUnreadChannels(draft: Draft): void {
  const { next, broken } = draft;
  if (broken.untold.some(({ kind }) => kind === undefined || kind === 'Application')) return;
  for (const key of broken.keys) if (key.startsWith('Application/')) return;
  const told = new Set<string>();
  for (const [fleet, manifest] of next.fleets) warnOfFleet(draft, fleet, manifest, told);
}
