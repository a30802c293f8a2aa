// Prints where the vessel is: a made-up course along a great circle, as a beacon would broadcast it.
import { now, printLine, readConfig, sleep } from './wasi';

/** The number behind "key": in flat JSON. */
function numberOf(config: string, key: string, otherwise: f64): f64 {
  const at = config.indexOf('"' + key + '"');
  if (at < 0) return otherwise;
  const colon = config.indexOf(':', at);
  return colon < 0 ? otherwise : parseFloat(config.substring(colon + 1).trimStart());
}

/** The text behind "key": in flat JSON. */
function textOf(config: string, key: string, otherwise: string): string {
  const at = config.indexOf('"' + key + '"');
  if (at < 0) return otherwise;
  const start = config.indexOf('"', config.indexOf(':', at));
  const end = config.indexOf('"', start + 1);
  return start < 0 || end < 0 ? otherwise : config.substring(start + 1, end);
}

function degrees(value: f64, positive: string, negative: string): string {
  const size = Math.abs(value);
  const whole = Math.floor(size);
  const minutes = Math.floor((size - whole) * 6000.0) / 100.0;
  return whole.toString().replace('.0', '') + '°' + minutes.toString() + "' " + (value < 0.0 ? negative : positive);
}

export function _start(): void {
  const config = readConfig();
  const vessel = textOf(config, 'vessel', 'unnamed');
  const interval = numberOf(config, 'intervalSeconds', 10.0);
  const knots = numberOf(config, 'knots', 12.0);
  printLine('position-beacon ' + VERSION + ' for ' + vessel);
  for (;;) {
    const hours = (now() / 3600.0) % 240.0;
    const latitude = 54.0 + 3.0 * Math.sin((hours * knots) / 180.0);
    const longitude = 8.0 - 20.0 * Math.cos((hours * knots) / 600.0);
    let line = vessel + ': ' + degrees(latitude, 'N', 'S') + ' ' + degrees(longitude, 'E', 'W');
    if (WITH_SPEED) line += ', ' + knots.toString() + ' kn';
    printLine(line);
    sleep(interval);
  }
}
