/**
 * Families as text of OpenMetrics 1.0:
 *
 *     # TYPE fleet_devices gauge
 *     # HELP fleet_devices Devices that git names, by state.
 *     fleet_devices{state="dark"} 3
 *     # EOF
 */
import type { Distribution, Family, Labels, Sample } from './family.ts';

/** What the text is, for who asks over HTTP. */
export const expositionType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function sampleLine(name: string, { labels, value }: Sample): string {
  return `${name}${labelText(labels)} ${value}`;
}

/** A bound as OpenMetrics wants it written: that of a float. */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return '+Inf';
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function distributionLines(family: Family, { labels, bounds, counts, sum }: Distribution): string[] {
  const { name, kind } = family;
  let seen = 0;
  const buckets = counts.map((count, index) => {
    seen += count;
    return sampleLine(`${name}_bucket`, { labels: { ...labels, le: boundText(bounds[index]) }, value: seen });
  });
  const of = (what: string, value: number): string =>
    sampleLine(`${name}_${kind === 'gaugehistogram' ? 'g' : ''}${what}`, { ...(labels && { labels }), value });
  return [...buckets, of('count', seen), of('sum', sum)];
}

function samplesOf(family: Family): string[] {
  switch (family.kind) {
    case 'gauge':
      return family.samples.map((sample) => sampleLine(family.name, sample));
    case 'counter':
      return family.samples.map((sample) => sampleLine(`${family.name}_total`, sample));
    case 'histogram':
    case 'gaugehistogram':
      return family.samples.flatMap((sample) => distributionLines(family, sample));
    default:
      return family satisfies never;
  }
}

function familyLines(family: Family): string[] {
  const { name, kind, unit, help } = family;
  return [
    `# TYPE ${name} ${kind}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samplesOf(family),
  ];
}

/** The whole text. */
export function writeExposition(families: readonly Family[]): string {
  return `${[...families.flatMap(familyLines), '# EOF'].join('\n')}\n`;
}
