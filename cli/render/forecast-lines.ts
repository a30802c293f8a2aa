import type { FleetStatus, Forecast, ForecastShare } from '../../schemas/generated/types.ts';
import { minuteOf } from './quantities.ts';
import type { ScreenOptions } from './shore-trouble.ts';
import { wrap } from './style.ts';

function shareWords({ percent, by, surelyBy }: ForecastShare): string[] {
  if (by === undefined) return [];
  const surely = surelyBy === undefined ? '' : `, almost certainly by ${minuteOf(surelyBy)}`;
  return [`${percent === 100 ? 'all' : `${percent} %`} are heard by about ${minuteOf(by)}${surely}`];
}

function forecastWords({ devices, waiting, withoutBasis, shares }: Forecast): string {
  const who = `${waiting} of ${devices} devices ${waiting === 1 ? 'waits' : 'wait'} for contact`;
  const when = shares.flatMap(shareWords);
  if (when.length === 0) return `${who}; when they are heard nobody can say yet`;
  const unknown =
    withoutBasis === 0
      ? []
      : [`${withoutBasis} of them ${withoutBasis === 1 ? 'was' : 'were'} silent too seldom to tell`];
  return [who, ...when, ...unknown].join('; ');
}

/** By when devices are heard that wait for contact. */
export function forecastLines(fleets: readonly FleetStatus[], { style, columns }: ScreenOptions): string {
  return fleets
    .flatMap(({ name, forecast }) => (forecast === undefined ? [] : [`${name}: ${forecastWords(forecast)}`]))
    .map((line) => `${style('dim', wrap(line, columns))}\n`)
    .join('');
}
