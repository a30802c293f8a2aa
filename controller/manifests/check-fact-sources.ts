/** Do conditions go by facts that somebody publishes? */
import type { ConditionFact } from '../../schemas/generated/types.ts';
import { type Draft, placeIn } from './draft.ts';
import { hint } from './nearest-name.ts';

/** Why an application does not publish a fact of this name and type; undefined where it does, or is not there at all. */
function faultOf(draft: Draft, fact: string, { type }: ConditionFact, application: string): string | undefined {
  const manifest = draft.next.applications.get(application);
  if (manifest === undefined) return undefined;
  const { facts = {} } = manifest.spec;
  const published = Object.hasOwn(facts, fact) ? facts[fact] : undefined;
  if (published?.type === type) return undefined;
  if (published !== undefined) return `${application} publishes ${fact} as a ${published.type}, not a ${type}`;
  return `${application} publishes no fact "${fact}"; ${hint(fact, Object.keys(facts), 'fact of it')}`;
}

/** Checks the facts of a fleet's conditions that are said to be an application's: it runs there, and publishes them. */
export function checkFactSources(draft: Draft, fleet: string): void {
  const { applications = [], when } = draft.next.fleets.get(fleet)?.spec ?? {};
  const names = applications.map(({ name }) => name);
  for (const [fact, terms] of Object.entries(when?.facts ?? {})) {
    const { application } = terms;
    if (application === undefined) continue;
    const isThere = names.includes(application);
    const fault = isThere
      ? faultOf(draft, fact, terms, application)
      : `the fleet does not run ${application}; ${hint(application, names, 'application of the fleet')}`;
    if (fault === undefined) continue;
    const path = ['spec', 'when', 'facts', fact, 'application'];
    draft.findings.add(placeIn(draft, `Fleet/${fleet}`, path), 'UNKNOWN_FACT', fault);
  }
}
