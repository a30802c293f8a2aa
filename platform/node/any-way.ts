/** A connection to a server: by this machine's own way, or through a gateway where that leads nowhere. */
import { nodeClock } from './clock.ts';
import { failureOf, type Place, type Reach, type Reached, reachDirectly } from './direct-way.ts';
import { GatewayOrder } from './gateway-order.ts';
import { type Gateways, throughGateway } from './gateway-way.ts';

/** Where a machine's own way led nowhere and a gateway's did, the gateway comes first for so long. */
const detourMs = 10 * 60_000;

/** By the first gateway that leads there; what is said of the last one where none does. `onCame`: it did, and to whom it should. */
async function reachAround(
  order: GatewayOrder,
  gateways: Gateways,
  place: Place,
  signal: AbortSignal,
  onCame: () => void,
): Promise<Reached> {
  let last: unknown;
  for (const address of order.addresses()) {
    try {
      return order.watch(address, await throughGateway(address, place, gateways, signal), onCame);
    } catch (error) {
      // One that says nothing until nobody waits any more came to nothing too.
      order.cameToNothing(address);
      if (signal.aborted) throw error;
      last = error;
    }
  }
  throw last;
}

/** What is said where neither leads there. The gateway is what people have set up: its fault is the code. */
function bothFailed(own: unknown, gateway: unknown): Error {
  const message = `${failureOf(gateway)}, and no way of its own leads there: ${failureOf(own)}`;
  return Object.assign(new Error(message), { code: (gateway as NodeJS.ErrnoException).code });
}

/** By this machine's own way, and around where that leads nowhere. */
export function reachAnyWay(gateways: Gateways): Reach {
  const order = new GatewayOrder(gateways.addresses);
  let detourUntilMs = Number.NEGATIVE_INFINITY;
  return async (place, msMax, signal) => {
    const directly = (): Promise<Reached> => reachDirectly(place, msMax, signal);
    const isDetour = nodeClock.monotonic() < detourUntilMs;
    const onCame = (): void => {
      if (!isDetour) detourUntilMs = nodeClock.monotonic() + detourMs;
    };
    const around = (): Promise<Reached> => reachAround(order, gateways, place, signal, onCame);
    const [first, second] = isDetour ? [around, directly] : [directly, around];
    let failure: unknown;
    try {
      return await first();
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
    try {
      const reached = await second();
      if (isDetour) detourUntilMs = Number.NEGATIVE_INFINITY;
      return reached;
    } catch (error) {
      throw isDetour ? bothFailed(error, failure) : bothFailed(failure, error);
    }
  };
}
