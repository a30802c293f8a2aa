/** `${device.name}`, `${device.labels.KEY}` and `${site.name}` in strings; `$${` is a plain `${`. */

/** What a device puts in the place of placeholders. */
export interface PlaceholderValues {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly site: string | undefined;
}

/** The names that mean something; `KEY` stands for any label. */
export const placeholderNames = ['device.name', 'device.labels.KEY', 'site.name'] as const;

const labelPrefix = 'device.labels.';
const pattern = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** Why `text` cannot be filled in for any device at all, in order. */
export function placeholderFaults(text: string): readonly { readonly name: string; readonly closed: boolean }[] {
  const faults: { name: string; closed: boolean }[] = [];
  for (const [, name, end] of text.matchAll(pattern)) {
    if (name === undefined) continue;
    const closed = end === '}';
    const known =
      name === 'device.name' ||
      name === 'site.name' ||
      (name.startsWith(labelPrefix) && name.length > labelPrefix.length);
    if (!closed || !known) faults.push({ name, closed });
  }
  return faults;
}

/** The value of one placeholder; undefined when this device has none. */
function lookUp(name: string, values: PlaceholderValues): string | undefined {
  if (name === 'device.name') return values.name;
  if (name === 'site.name') return values.site;
  const label = name.slice(labelPrefix.length);
  return name.startsWith(labelPrefix) && Object.hasOwn(values.labels, label) ? values.labels[label] : undefined;
}

/** Fills in `text`; `onMissing` hears of every name that has no value. */
export function fillIn(text: string, values: PlaceholderValues, onMissing: (name: string) => void): string {
  if (!text.includes('${')) return text;
  return text.replace(pattern, (whole: string, name: string | undefined) => {
    if (name === undefined) return '${';
    const value = lookUp(name, values);
    if (value === undefined) onMissing(name);
    return value ?? whole;
  });
}

/** Fills in every string inside `value`; what holds no placeholder is returned as it is, not copied. */
export function fillInDeep<T>(
  value: T,
  values: PlaceholderValues,
  onMissing: (name: string, path: readonly (string | number)[]) => void,
  path: readonly (string | number)[] = [],
): T {
  if (typeof value === 'string') return fillIn(value, values, (name) => onMissing(name, path)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const isList = Array.isArray(value);
  let changed = false;
  const members = Object.entries(value).map(([key, member]) => {
    const filled = fillInDeep(member, values, onMissing, [...path, isList ? Number(key) : key]);
    changed ||= filled !== member;
    return [key, filled] as const;
  });
  if (!changed) return value;
  return (isList ? members.map(([, member]) => member) : Object.fromEntries(members)) as T;
}

function holdsText(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => holdsText(member, text));
}

/** True when some string inside `value` would be changed by filling in. */
export function holdsPlaceholder(value: unknown): boolean {
  return holdsText(value, '${');
}

/** False when filling in gives the same for all devices of one site. */
export function mayReadDevice(value: unknown): boolean {
  return holdsText(value, '${device.');
}
