/** Releases of two applications, and a device that runs the first of them. */
import { bornDisk, Ship } from '../ship.ts';
import { moduleBytes, Shore } from '../shore.ts';

/** What the device runs. */
export const gauge1 = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 20_000) };
/** What it may run next. */
export const gauge2 = { name: 'gauge', version: '2.0.0', bytes: moduleBytes('gauge two', 21_000) };
/** What fails every time. */
export const gaugeBad = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge crashes', 9_000) };
/** What answers every request with 500. */
export const gaugeMute = { name: 'gauge', version: '4.0.0', bytes: moduleBytes('gauge mute', 9_000) };
/** What the device runs beside it. */
export const horn1 = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 5_000) };

/** A device that runs gauge 1 and horn 1 as deployment 1, proved. */
export async function proved(capacityBytes?: number): Promise<Ship> {
  const shore = new Shore('anna');
  for (const app of [gauge1, gauge2, gaugeBad, gaugeMute, horn1]) shore.releaseWithBrotli(app);
  const ship = new Ship(shore, bornDisk(shore, capacityBytes));
  ship.boot();
  ship.want(shore.desired(1, [gauge1, horn1]));
  await ship.run(60);
  return ship;
}
