import { parseComponentRange } from '../../controller/publishing/authoring/component-range.ts';
import { findComponent, type ReleaseWith } from '../../controller/publishing/authoring/find-component.ts';
import type { ReleaseName } from '../../controller/publishing/release-path.ts';
import { printable } from '../../platform/printable.ts';
import type { DeviceStatus } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchPages } from '../fetch-status.ts';
import { listed } from '../render/listed.ts';
import { plural } from '../render/quantities.ts';
import { table } from '../render/table.ts';
import { authored, repositoryOf, repositoryOption } from '../repository.ts';
import { settingsOption } from '../settings.ts';

/** A release with what was asked for, and the devices that said last that they run it; absent where nobody was asked. */
export interface RunRelease extends ReleaseWith {
  readonly devices?: readonly string[];
}

const shownMax = 8;

/** Components of one release may be many of one name; each is told once. */
function componentsText({ components }: ReleaseWith): string {
  return [
    ...new Set(components.map(({ name, version }) => printable(version === undefined ? name : `${name} ${version}`))),
  ].join(', ');
}

function devicesText({ devices }: RunRelease): string {
  if (devices === undefined) return '-';
  return devices.length === 0 ? 'none' : `${devices.length}: ${listed(devices, shownMax)}`;
}

/** What was found, and what nobody can say of the rest. */
export interface ReleasesAnswer {
  readonly releases: readonly RunRelease[];
  /** Without an SBOM. */
  readonly silent: readonly ReleaseName[];
  /** Devices that run more than their reports have room for. */
  readonly partial: readonly string[];
}

/** The answer for a person. */
export function releasesText({ releases, silent, partial }: ReleasesAnswer, asked: string, columns: number): string {
  const rows = releases.map((one) => [`${one.name}/${one.version}`, componentsText(one), devicesText(one)]);
  const none = `no release whose SBOM is kept has ${asked}\n`;
  const names = silent.map(({ name, version }) => `${name}/${version}`);
  const unknown = `nothing is known of what is in ${plural(silent.length, 'release')} without an SBOM: ${listed(names, shownMax)}\n`;
  const more = `${plural(partial.length, 'device')} may run more than could be told: ${listed(partial, shownMax)}\n`;
  return [
    rows.length === 0 ? none : table(['RELEASE', 'COMPONENTS', 'DEVICES'], rows, columns),
    ...(silent.length === 0 ? [] : [unknown]),
    ...(partial.length === 0 ? [] : [more]),
  ].join('');
}

/** Releases that a device said last that it runs, linked ones too, as `NAME/VERSION`. */
export function releasesOn({ report }: DeviceStatus): Set<string> {
  return new Set(
    report?.applications.flatMap(({ name, version, links = {} }) => [`${name}/${version}`, ...Object.values(links)]),
  );
}

/** The releases with the devices that run them, as far as those told; with what there is to say of others. */
async function whoRuns(
  context: CommandContext,
  releases: readonly ReleaseWith[],
): Promise<{ readonly releases: readonly RunRelease[]; readonly partial: readonly string[] }> {
  const devices = new Map(releases.map(({ name, version }) => [`${name}/${version}`, [] as string[]]));
  const partial: string[] = [];
  for await (const page of fetchPages(context))
    for (const device of page.devices) {
      for (const release of releasesOn(device)) devices.get(release)?.push(device.name);
      if (device.report?.applicationsLeftOut !== undefined) partial.push(device.name);
    }
  return {
    partial,
    releases: releases.map((one) => ({ ...one, devices: devices.get(`${one.name}/${one.version}`)! })),
  };
}

export const releasesCommand: Command = {
  name: 'releases',
  summary: 'which releases have a component, by their SBOMs, and which devices run them',
  arguments: '--component NAME[@RANGE]',
  options: {
    ...repositoryOption,
    ...settingsOption('cli', 'controller=https://HOST:7443'),
    component: {
      type: 'string',
      value: 'NAME[@RANGE]',
      description: 'By name or package URL; RANGE is a version, or bounds such as ">=1.2 <1.4.7".',
    },
    'no-devices': { type: 'boolean', description: 'Ask no controller.' },
    output: { type: 'string', short: 'o', value: 'json', description: 'json for programs.' },
  },
  async run(context, args) {
    const { component, output } = args.values;
    if (args.positionals.length > 0 || component === undefined)
      throw new CommandError('releases takes --component NAME[@RANGE]', exitCodes.usage);
    if (output !== undefined && output !== 'json') throw new CommandError('-o takes json', exitCodes.usage);
    const tree = repositoryOf(context, args);
    const found = authored(() => findComponent(tree, parseComponentRange(component)));
    const isAsked = found.releases.length > 0 && !args.flags.has('no-devices');
    const { releases, partial } = isAsked
      ? await whoRuns(context, found.releases)
      : { releases: found.releases, partial: [] };
    const silent = found.silent.map(({ name, version }) => ({ name, version }));
    const json = () => `${JSON.stringify({ releases, withoutSbom: silent, devicesWithMore: partial }, undefined, 2)}\n`;
    const text = () => releasesText({ releases, silent, partial }, component, cutWidth(context.stdout));
    context.stdout.write(output === 'json' ? json() : text());
    return exitCodes.ok;
  },
};
