/** By when the devices of a fleet are heard that wait for contact. All of its devices are looked at: others have their turn meanwhile. */
import type { Turn } from '../../platform/turn.ts';
import type { Forecast, ForecastShare } from '../../schemas/generated/types.ts';
import { type Context, observe } from '../engine/context.ts';
import type { Image } from '../engine/image.ts';
import { expectContact } from '../planning/contact-history.ts';
import { forecast, type Waiting } from '../planning/forecast.ts';
import { heardAt } from '../planning/heard.ts';
import { waitsForContact } from '../planning/observed.ts';
import type { View } from './view.ts';

export interface ForecastInputs {
  readonly turn: Pick<Turn, 'isOver' | 'pause'>;
  readonly view: View;
  readonly image: Image;
  readonly context: Context;
}

/** Parts of a fleet, in percent. */
const percents = [50, 95, 100];

/** Of a fleet: those that wait, and how many there are that were ever heard. Who never was may not have been built yet. */
interface Expected {
  readonly waiting: readonly Waiting[];
  readonly devices: number;
}

async function expectedOf({ turn, view, image, context }: ForecastInputs, fleet: string): Promise<Expected> {
  const { desired, now } = context;
  const waiting: Waiting[] = [];
  let devices = 0;
  for (const name of view.summary.fleets.devicesOf(fleet)) {
    if (turn.isOver()) await turn.pause();
    const observed = observe(image, context, name, desired.devices.get(name));
    if (observed.contactAt === undefined) continue;
    devices += 1;
    if (!waitsForContact(observed)) continue;
    waiting.push({ silences: observed.silences ?? '', since: heardAt(observed, now) ?? now });
  }
  return { waiting, devices };
}

/** How many of those who wait it takes until so much of the fleet was heard, the greatest part that so many make. */
function openShares(waiting: number, devices: number): readonly { readonly percent: number; readonly count: number }[] {
  const counts = percents.map((percent) => Math.ceil((devices * percent) / 100) - devices + waiting);
  return percents.flatMap((percent, at) => {
    const count = counts[at]!;
    return count > 0 && count !== counts[at + 1] ? [{ percent, count }] : [];
  });
}

function sharesOf(waiting: readonly Waiting[], devices: number, now: number): ForecastShare[] {
  const open = openShares(waiting.length, devices);
  const moments = forecast(
    waiting,
    open.map(({ count }) => count),
    now,
  );
  return open.map(({ percent }, at) => {
    const { by, surelyBy } = moments[at]!;
    return {
      percent,
      ...(by === undefined ? {} : { by: new Date(by).toISOString() }),
      ...(surelyBy === undefined ? {} : { surelyBy: new Date(surelyBy).toISOString() }),
    };
  });
}

/** Undefined where nobody waits. */
export async function fleetForecast(inputs: ForecastInputs, fleet: string): Promise<Forecast | undefined> {
  const { waiting, devices } = await expectedOf(inputs, fleet);
  if (waiting.length === 0) return undefined;
  const { now } = inputs.context;
  const isWithoutBasis = ({ silences, since }: Waiting): boolean =>
    expectContact(silences, since, now).kind === 'no-basis';
  return {
    ...{ devices, waiting: waiting.length },
    withoutBasis: waiting.filter(isWithoutBasis).length,
    shares: sharesOf(waiting, devices, now),
  };
}
