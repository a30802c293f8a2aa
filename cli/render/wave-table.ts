/** Who gets a deployment when, where fleets have waves. */
import type { FleetChange } from '../../controller/planning/compare.ts';
import { type Style, wrap } from './style.ts';
import { type Column, table } from './table.ts';
import { movingFleets, rolloutTexts, thenText } from './wave-words.ts';

const heads: readonly Column[] = [
  { head: 'FLEET' },
  { head: 'WAVE' },
  { head: 'DEVICES', drop: 1 },
  { head: 'DEPLOY' },
  { head: 'THEN' },
];

/** Fleet by fleet and wave by wave; nothing where all that changes goes to all at once. */
export function waveTable(
  fleets: readonly FleetChange[],
  { columns, style }: { readonly columns: number; readonly style: Style },
): string {
  const rows = movingFleets(fleets).flatMap(({ fleet, rollout }) =>
    rollout.waves.map((wave) => [
      style('bold', fleet),
      wave.name,
      String(wave.devices),
      wave.deploying === 0 ? style('dim', '0') : style('cyan', String(wave.deploying)),
      thenText(wave) || '-',
    ]),
  );
  const lines = rolloutTexts(fleets).map((text) => `${wrap(style('dim', text), columns)}\n`);
  return table(heads, rows, columns) + lines.join('');
}
