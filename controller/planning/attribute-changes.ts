/** What the manifests of a device say otherwise of it, besides its applications. Pure. */
import type { Windows } from '../../schemas/generated/types.ts';
import type { DesiredDevice } from '../manifests/desired.ts';
import { holdTextAt } from './hold.ts';

/** Something else that its manifests say of it. Without `from` it was not said, without `to` it is not said any more. */
export interface AttributeChange {
  readonly name:
    | 'fleet'
    | 'site'
    | 'probationSeconds'
    | 'keyFingerprint'
    | 'hold'
    | 'windows'
    | 'when'
    | 'consent'
    | 'wholeModules'
    | 'links';
  readonly from?: string;
  readonly to?: string;
}

function listText(purpose: string, windows: Windows | undefined): string[] {
  if (windows === undefined) return [];
  const each = windows.map(({ cron, seconds, timeZone }) => `"${cron}" for ${seconds / 60} min ${timeZone}`);
  return [`${purpose} ${each.join(', ')}`];
}

/** `fetch "0 2 * * *" for 240 min UTC; activate …`; undefined where devices may change at any time. */
function windowsText({ template: { windows } }: DesiredDevice): string | undefined {
  if (windows === undefined) return undefined;
  const lists = (['fetch', 'activate'] as const).flatMap((purpose) => listText(purpose, windows[purpose]));
  return lists.join('; ');
}

/** `activate while facts.speed == 0, speed at most 300 s old`; undefined where devices ask nothing. */
function conditionsText({ template: { when } }: DesiredDevice): string | undefined {
  if (when === undefined) return undefined;
  const { facts = {}, labels: _labels, ...conditions } = when;
  const texts = Object.entries(conditions).map(([purpose, text]) => `${purpose} while ${text}`);
  const ages = Object.entries(facts).map(([name, { maxAgeSeconds, application, missing }]) => {
    const from = application === undefined ? '' : ` of ${application}`;
    return `${name}${from} at most ${maxAgeSeconds} s old${missing === undefined ? '' : `, else ${missing}`}`;
  });
  return [...texts, ...ages].join('; ');
}

/** `vsat on eth1, 50 MB a month, carries delta; port on wlan*`; undefined where the device is told of none. */
function linksText({ template: { links } }: DesiredDevice): string | undefined {
  const each = links?.map(({ name, interface: pattern, fact, fetch, budget, carries }) => {
    const place = pattern === undefined ? '' : ` on ${pattern}`;
    const told = fact === undefined ? '' : ` while ${fact.name} is ${fact.is}`;
    const hours = listText(', fetch', fetch).join('');
    const limit = budget === undefined ? '' : `, ${budget.bytes / 1e6} MB a ${budget.per}`;
    return `${name}${place}${told}${limit}${hours}${carries === undefined ? '' : `, carries ${carries.join(' and ')}`}`;
  });
  return each?.join('; ');
}

/** What only a fleet says of a device: what is in none has none of it. */
const ofFleets: ReadonlySet<string> = new Set(['probationSeconds', 'windows', 'when', 'consent', 'wholeModules']);

/** What is said of it otherwise, but for its applications. */
export function attributeChanges(
  before: DesiredDevice | undefined,
  after: DesiredDevice | undefined,
  now: number,
): AttributeChange[] {
  // What comes or goes as a whole needs no such words.
  if (before === undefined || after === undefined) return [];
  const pairs = [
    ['fleet', before.fleet, after.fleet],
    ['site', before.site, after.site],
    ['probationSeconds', before.template.probationSeconds, after.template.probationSeconds],
    ['windows', windowsText(before), windowsText(after)],
    ['when', conditionsText(before), conditionsText(after)],
    ['consent', before.template.consent, after.template.consent],
    ['wholeModules', before.template.wholeModules, after.template.wholeModules],
    ['links', linksText(before), linksText(after)],
    ['keyFingerprint', before.keyFingerprint, after.keyFingerprint],
    ['hold', before.hold && holdTextAt(before.hold, now), after.hold && holdTextAt(after.hold, now)],
  ] as const;
  return pairs.flatMap(([name, from, to]): AttributeChange[] => {
    const isOfFleet = ofFleets.has(name);
    const isIdle = isOfFleet && (before.fleet === undefined || after.fleet === undefined);
    if (from === to || isIdle) return [];
    return [{ name, ...(from !== undefined && { from: String(from) }), ...(to !== undefined && { to: String(to) }) }];
  });
}
