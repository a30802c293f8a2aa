import type { ApplicationChange, LinkChange } from '../../controller/planning/application-changes.ts';

/** What becomes of a state. */
const handoverTexts = {
  none: ', which begins afresh',
  snapshot: ', which goes on from its state',
  migrate: ', which reads the state that it writes',
} as const;

/** `codec log/1.0.0 → log/1.1.0`. */
function linkText({ link, from, to }: LinkChange): string {
  if (from === undefined) return `+ ${link} ${to}`;
  return to === undefined ? `- ${link} ${from}` : `${link} ${from} → ${to}`;
}

/** `settings (env, limits)`. */
function settingsText(changed: ApplicationChange['changed']): string {
  return changed === undefined ? 'settings' : `settings (${changed.join(', ')})`;
}

/** `tide-logger 1.0.0 → 1.1.0`, `+ radio 2.0.0`, `- pump 1.0.0`, `radio settings (env)`, `gauge with codec log/1.0.0 → log/1.1.0`. */
export function applicationChangeText({
  name,
  from,
  to,
  settings,
  changed,
  links = [],
  handover,
}: ApplicationChange): string {
  if (from === undefined) return `+ ${name} ${to}`;
  if (to === undefined) return `- ${name} ${from}`;
  const state = handover === undefined ? '' : handoverTexts[handover];
  const release = from === to && handover === undefined ? name : `${name} ${from} → ${to}${state}`;
  const parts = [
    ...(settings ? [settingsText(changed)] : []),
    ...(links.length > 0 ? [`with ${links.map(linkText).join(', ')}`] : []),
  ];
  if (release === name) return `${name} ${parts.join(' ')}`;
  return [release, ...parts].join(' and ');
}
