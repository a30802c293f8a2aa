/** What devices are looked for by, besides where they are. */
import type { DesiredFleet } from '../manifests/desired.ts';
import type { Row } from './row.ts';

/** What devices are looked for by; texts in lower case. */
export interface DeviceFilter {
  readonly states?: readonly Row['state'][];
  readonly fleet?: string;
  readonly site?: string;
  readonly wave?: string;
  /** In its name, fleet, site, or one of its labels. */
  readonly text?: string;
  /** It reported to run one of these, `NAME/VERSION`. */
  readonly releases?: readonly string[];
  readonly isHeld?: boolean;
}

/** Whether one of these texts, as somebody reads it, has this in it. */
function isIn(text: string, texts: Iterable<string | undefined>): boolean {
  for (const one of texts) if (one?.toLowerCase().includes(text)) return true;
  return false;
}

function* textsOf(name: string, { fleet, site }: Row, desired: DesiredFleet): Generator<string | undefined> {
  yield name;
  yield fleet;
  yield site;
  for (const [key, value] of Object.entries(desired.devices.get(name)?.labels ?? {})) yield `${key}=${value}`;
}

function runsOneOf({ runs = '' }: Row, releases: readonly string[]): boolean {
  return releases.some((release) => runs.startsWith(`${release} `) || runs.includes(` ${release} `));
}

/** Whether all that a filter asks is so of a device. */
export function passes(name: string, row: Row, desired: DesiredFleet, filter: DeviceFilter): boolean {
  const { states, fleet, site, wave, text, releases, isHeld } = filter;
  if (states !== undefined && !states.includes(row.state)) return false;
  if (fleet !== undefined && row.fleet !== fleet) return false;
  if (site !== undefined && row.site !== site) return false;
  if (wave !== undefined && row.wave !== wave) return false;
  if (isHeld !== undefined && row.isHeld !== isHeld) return false;
  if (releases !== undefined && !runsOneOf(row, releases)) return false;
  return text === undefined || isIn(text, textsOf(name, row, desired));
}
