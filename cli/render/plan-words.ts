/** What a plan says in words and sums, whatever form it is shown in. Pure. */
import type { AttributeChange } from '../../controller/planning/attribute-changes.ts';
import type { DeviceChange } from '../../controller/planning/compare.ts';
import { printable } from '../../platform/printable.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { applicationChangeText } from './application-change-text.ts';
import type { KnownDevices, Plan } from './plan.ts';
import { age, bytes, plural } from './quantities.ts';
import { deployingText } from './wave-words.ts';

/** Devices that the line about lost applications names. */
const strippedNamedMax = 10;

/** What devices fetch together. */
interface Cost {
  readonly taken: number;
  readonly whole: number;
  /** Whether less may travel. */
  readonly isBound: boolean;
}

/** What these devices fetch together. */
export function costOf(devices: readonly DeviceChange[], prices: Plan['prices']): Cost {
  const all = devices.flatMap(({ device }) => prices.get(device) ?? []);
  return {
    taken: all.reduce((sum, { bytes, index }) => sum + bytes + index, 0),
    whole: all.reduce((sum, { length, index }) => sum + length + index, 0),
    isBound: all.some(({ atMost }) => atMost === true),
  };
}

/** `probation 30 s → 60 s`, `fleet tugs → ships`, `out of fleet tugs`, `another key`. */
function attributeText({ name, from, to }: AttributeChange): string {
  switch (name) {
    case 'probationSeconds':
      return `probation ${from} s → ${to} s`;
    case 'windows':
      return `windows: ${to ?? 'at any time'}`;
    case 'consent':
      return to === undefined ? 'no consent aboard needed' : 'consent aboard needed';
    case 'links':
      return `links: ${to ?? 'as it finds them'}`;
    case 'wholeModules':
      return `updates without a delta: ${to === undefined ? 'whole' : to}`;
    case 'when':
      return `when: ${to ?? 'in any case'}`;
    case 'fleet':
      if (from === undefined) return `into fleet ${to}`;
      return to === undefined ? `out of fleet ${from}` : `fleet ${from} → ${to}`;
    case 'site':
      if (from === undefined) return `into site ${to}`;
      return to === undefined ? `out of site ${from}` : `site ${from} → ${to}`;
    case 'keyFingerprint':
      if (from === undefined) return 'a key';
      return to === undefined ? 'no key' : 'another key';
    case 'hold':
      return to === undefined ? 'held no more' : `held ${to}`;
    default:
      return name satisfies never;
  }
}

/** What changes of one device; what manifests say must not steer a terminal. */
export function changeTexts({ applications, attributes }: DeviceChange): string[] {
  return [...applications.map(applicationChangeText), ...attributes.map(attributeText)].map(printable);
}

/** What changes of a fleet's devices; how many it concerns where that is not all that change. */
export function changesOfFleet(devices: readonly DeviceChange[]): string[] {
  const counts = new Map<string, number>();
  for (const text of devices.flatMap(changeTexts)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === devices.length ? text : `${text} (${count})`));
}

/** Whether a device changes for no other reason than that its manifests ask for something else. */
export function isPlain({ kind, cause }: DeviceChange): boolean {
  return kind === 'deploy' && (cause === 'CHANGED' || cause === 'FIRST');
}

/** `, the oldest contact 3d4h before`; nothing where none was in contact. */
export function oldestContactText({ asOf, devices }: KnownDevices): string {
  const contacts = devices.flatMap(({ contactAt }) => contactAt ?? []).sort();
  return contacts[0] === undefined ? '' : `, the oldest contact ${age(contacts[0], asOf)} before`;
}

/** What a plan goes by. */
export function knownText({ known, unknownBecause }: Plan): string {
  if (known === undefined)
    return `nothing (${printable(unknownBecause ?? 'nobody was asked')}); every device is taken to run what the base wants`;
  return `what the controller knows of ${plural(known.devices.length, 'device')} of those that differ${oldestContactText(known)}`;
}

/** How a device is doing; `?` where nobody told. */
export function stateText(device: DeviceStatus | undefined, asOf: string | undefined): string {
  if (device === undefined || asOf === undefined) return '?';
  return device.state === 'dark' ? `dark ${age(device.contactAt, asOf)}` : device.state;
}

/** What must be said in the manifests before `--policy` lets it pass; undefined where no device loses everything. */
export function strippedText({ change }: Plan): string | undefined {
  const names = change.devices.filter(({ isStripped }) => isStripped).map(({ device }) => device);
  if (names.length === 0) return undefined;
  const shown = names.slice(0, strippedNamedMax).join(', ');
  const rest = names.length > strippedNamedMax ? ` and ${names.length - strippedNamedMax} more` : '';
  const who = `${plural(names.length, 'device')} ${names.length === 1 ? 'loses' : 'lose'} all applications`;
  return `${who}: ${shown}${rest}. Where that is meant, say spec.idle: true.`;
}

/** That the controller would not take it; nothing where it would. */
export function refusalTexts({ policy: { problems } }: Plan): string[] {
  if (problems.length === 0) return [];
  return [`The controller would refuse it: it is over ${plural(problems.length, 'limit')} of a policy. Without that:`];
}

/** All of it in one sentence. */
export function summaryText({ change, prices }: Plan): string {
  if (change.devices.length === 0) return 'Nothing changes on any device.';
  const others = change.devices.filter(({ kind }) => kind !== 'deploy').length;
  const { taken, whole, isBound } = costOf(change.devices, prices);
  const cost =
    whole === 0
      ? 'no module travels'
      : `${isBound ? 'at most ' : ''}${bytes(taken)} travel for modules${taken === whole ? '' : `, ${bytes(whole)} if every module went whole`}`;
  const rest = others === 0 ? '' : `, ${others} ${others === 1 ? 'does' : 'do'} not move`;
  return `${deployingText(change)}${rest}; ${cost}.`;
}
