/** Why a rollout, or one wave of it, stands where it does, in sentences. */
import { printableDeep } from '../../platform/printable.ts';
import type { DeviceStatus, RolloutStatus, StatusDocument, WaveStatus } from '../../schemas/generated/types.ts';
import {
  askingLine,
  blocksText,
  commitWords,
  eventLines,
  nextLine,
  type RollingFleet,
  rolloutTitle,
} from './rollout-screen.ts';
import { offeredOf, waveWords } from './rollout-words.ts';
import { stateStyles } from './state-styles.ts';
import type { Style } from './style.ts';

const devicesShownMax = 10;

/** What a person can do about it. */
function whatHelps(name: string, rollout: RolloutStatus): string[] {
  const { state, reason, good } = rollout;
  switch (state) {
    case 'running':
      return reason.code === 'NEEDS_APPROVAL' ? [`To say yes: fleet rollout approve ${name}.`] : [];
    case 'paused':
      return [`To go on: fleet rollout resume ${name}.`];
    case 'halted':
      return [
        `A commit that mends it supersedes it. To try the same again: fleet rollout retry ${name}.`,
        ...(good === undefined || rollout.waves.every((wave) => offeredOf(wave) === 0)
          ? []
          : [`To take back what changed: fleet rollout abort ${name} --revert.`]),
      ];
    case 'reverting':
      return ['Devices that changed go back to what was good; until a new commit the fleet is below what git wants.'];
    case 'done':
      return [];
    default:
      return state satisfies never;
  }
}

/** Devices that do not run what git wants, each with its reason. */
function deviceLines(devices: readonly DeviceStatus[], style: Style): string[] {
  const behind = devices.filter(({ state, reason }) => state !== 'running' || reason.code !== 'UP_TO_DATE');
  if (behind.length === 0) return [];
  const lines = behind.slice(0, devicesShownMax).map(({ name, wave, state, reason }) => {
    const where = wave === undefined ? '' : ` (${wave})`;
    return `  ${style('bold', name)}${where} ${style(stateStyles[state], state)}: ${reason.message} ${style('dim', reason.code)}`;
  });
  const more = behind.length - lines.length;
  return ['Devices that are not there:', ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function waveLine(wave: WaveStatus, style: Style): string {
  return `  ${style('bold', wave.name)} ${wave.state}: ${waveWords(wave)}`;
}

/** The whole story of a rollout. */
export function rolloutStory(fleet: RollingFleet, told: StatusDocument, style: Style, columns: number): string {
  const { devices, asOf } = printableDeep(told);
  const { name, rollout } = fleet;
  const { events = [], waves } = rollout;
  return blocksText(
    [
      [rolloutTitle(fleet, style, asOf), ...nextLine(rollout, asOf)],
      [commitWords(rollout, asOf), 'Its waves:', ...waves.map((wave) => waveLine(wave, style))],
      [...whatHelps(name, rollout), ...askingLine(fleet)],
      deviceLines(devices, style),
      events.length === 0 ? [] : ['What happened last:', ...eventLines(events, { asOf, style })],
    ],
    columns,
  );
}

/** What holds one wave. */
function waveWhy(fleet: RollingFleet, wave: WaveStatus, style: Style, asOf: string): string {
  const { rollout } = fleet;
  const title = rolloutTitle(fleet, style, asOf);
  switch (wave.state) {
    case 'passed':
      return 'Its gate has passed.';
    case 'open':
      return title;
    case 'waiting':
      return `Wave ${rollout.waves[rollout.wave - 1]?.name} goes before. ${title}`;
    default:
      return wave.state satisfies never;
  }
}

/** The story of one wave. */
export function waveStory(
  fleet: RollingFleet,
  wave: WaveStatus,
  told: StatusDocument,
  style: Style,
  columns: number,
): string {
  const { devices, asOf } = printableDeep(told);
  const { name, rollout } = fleet;
  const head = `${style('bold', `rollout/${name}/${wave.name}`)}: ${wave.state}: ${waveWords(wave)}`;
  const isOpen = wave.state === 'open';
  return blocksText(
    [
      [head, waveWhy(fleet, wave, style, asOf), ...(isOpen ? nextLine(rollout, asOf) : [])],
      isOpen ? whatHelps(name, rollout) : [],
      deviceLines(
        devices.filter((device) => device.wave === wave.name),
        style,
      ),
    ],
    columns,
  );
}
