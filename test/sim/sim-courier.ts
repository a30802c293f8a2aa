/**
 * The courier's process in the simulated world. It works on the device's disk and dies with the agent, but also alone, or
 * hangs until it is killed: at a random moment, or of what it unpacks.
 */

import { askNews } from '../../device-agent/courier/ask-news.ts';
import { CarryingCourier } from '../../device-agent/courier/carrying-courier.ts';
import { CourierProcess } from '../../device-agent/courier/courier-process.ts';
import { ErrandRunner } from '../../device-agent/courier/errand-runner.ts';
import { ForwardedOrders, type OrderParcel } from '../../device-agent/courier/forwarded-orders.ts';
import type { FromCourier, ToCourier } from '../../device-agent/courier/protocol.ts';
import { sendPart } from '../../device-agent/courier/send-part.ts';
import { SharedTime } from '../../device-agent/courier/shared-time.ts';
import type { AgentTime } from '../../device-agent/download/metadata.ts';
import type { CountBytes } from '../../device-agent/download/small-file.ts';
import type { ModulesCame } from '../../device-agent/links/observed-rate.ts';
import type { Want } from '../../device-agent/neighbours/wants.ts';
import { type HearTime, type RenewalByKeyOptions, renewByKey } from '../../device-agent/renew-by-key.ts';
import type { AskNews, SendPart } from '../../device-agent/transport/news.ts';
import type { ChildProcess, Clock, CountTravel, Disk, Log, Network } from '../../platform/ports.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';
import { PowerCut } from './sim-disk.ts';
import { diskOf, type ProcessLife } from './sim-process.ts';

export interface SimCourierOptions {
  readonly time: SimTime;
  readonly random: SimRandom;
  /** The agent's. */
  readonly life: ProcessLife;
  readonly disk: Disk;
  readonly clockOf: (life: ProcessLife) => Clock;
  readonly networkOf: (life: ProcessLife, countTravel: CountTravel, tolerates: (untilMs: number) => boolean) => Network;
  readonly identity: RenewalByKeyOptions['identity'];
  readonly lanOf?: (life: ProcessLife) => Network;
  readonly wayOut: () => string | undefined;
  readonly configuration: AgentConfiguration;
  readonly log: Log;
  /** The probability that a courier dies or hangs within the minute after its start, and at each unpacking. */
  readonly mortality: () => number;
  readonly onWants: (wants: readonly Want[]) => void;
}

const startMsMax = 300;
const unluckyMsMax = 60_000;

/** How many of those that meet with something hang. */
const hangs = 0.3;

/** Dies with the agent; what ends the machine under it ends the agent too. */
class CourierLife implements ProcessLife {
  readonly #agent: ProcessLife;
  #isAlive = true;

  constructor(agent: ProcessLife) {
    this.#agent = agent;
  }

  get alive(): boolean {
    return this.#isAlive && this.#agent.alive;
  }

  set alive(isAlive: boolean) {
    this.#isAlive = isAlive;
  }

  onEnd = (): void => {
    this.#agent.alive = false;
    this.#agent.onEnd();
  };
}

/** One process: a channel that carries JSON in order, and a runner at its other end. */
function startCourier(options: SimCourierOptions): ChildProcess {
  const { time, random, life: agentLife, disk, configuration, mortality } = options;
  const life = new CourierLife(agentLife);
  let hear: (message: unknown) => void = () => {};
  let tellExit: Parameters<ChildProcess['onExit']>[0] = () => {};
  const agent = {
    get alive() {
      return agentLife.alive;
    },
  };
  const carry = (
    from: { readonly alive: boolean },
    to: { readonly alive: boolean },
    message: unknown,
    deliver: (copy: unknown) => void,
  ): void => {
    if (!from.alive) return;
    const text = JSON.stringify(message);
    time.at(time.now, () => {
      if (to.alive) deliver(JSON.parse(text));
    });
  };
  const say = (message: FromCourier): void => carry(life, agent, message, (copy) => hear(copy));
  const die = (): void => {
    if (!life.alive) return;
    life.alive = false;
    time.at(time.now, () => {
      if (agentLife.alive) tellExit({ code: undefined, signal: 'SIGKILL' });
    });
  };
  // One that hangs does nothing more, and so takes nothing more from the network; what it said before is heard, but no end.
  const hang = (): void => {
    life.alive = false;
  };
  const meetSomething = (): void => (random.chance(hangs) ? hang() : die());
  const clock = options.clockOf(life);
  const shared = new SharedTime(clock, (atMs, isNow) => say({ kind: 'signed', atMs, ...(isNow && { isNow }) }));
  const countTravel: CountTravel = (bytes, via) =>
    say({ kind: 'travelled', bytes, ...(via === undefined ? {} : { via }) });
  const network = options.networkOf(life, countTravel, (untilMs) => untilMs >= shared.floorMs());
  const countBytes = (bytes: number): void => say({ kind: 'received', bytes });
  const orders = new ForwardedOrders(say);
  const courier = (): CarryingCourier =>
    new CarryingCourier({
      ...{ configuration, stateDirectory: configuration.stateDirectory ?? '/state', disk: diskOf(life, disk), clock },
      ...{ network, random, time: shared, wayOut: options.wayOut, countBytes },
      modulesCame: (flow, via) => say({ kind: 'modules', flow, ...(via === undefined ? {} : { via }) }),
      orderParcel: orders.place,
      ...(options.lanOf && { lan: options.lanOf(life) }),
      onWants: (wants) => say({ kind: 'wants', wants }),
      unpacking: (sha256) => {
        say({ kind: 'unpacking', ...(sha256 === undefined ? {} : { sha256 }) });
        if (sha256 === undefined || !random.chance(mortality())) return;
        meetSomething();
        throw new PowerCut();
      },
    });
  let runner: ErrandRunner | undefined;
  time.at(time.now + random.integer(0, startMsMax), () => {
    if (!life.alive) return;
    try {
      const carrying = courier();
      const { device, controller } = configuration;
      const hearTime: HearTime = (...told) => carrying.hearTime(...told);
      const asked = { device, controller, identity: options.identity, network, hearTime };
      const enrol = (signal: AbortSignal) => renewByKey({ ...asked, monotonic: () => clock.monotonic() }, signal);
      const segments = { areShort: false };
      const ports = { network, countBytes, controller: configuration.controller };
      const news: AskNews = (question, signal) => askNews(ports, question, signal);
      const part: SendPart = (one, signal) => sendPart(ports, one, signal);
      const known = { segments, returnKeys: { key: undefined } };
      runner = new ErrandRunner({ courier: carrying, enrol, news, part, time: shared, orders, say, ...known });
      say({ kind: 'ready' });
    } catch {
      // The disk refused its directories, or the power went.
      die();
    }
  });
  if (random.chance(mortality())) time.at(time.now + random.integer(0, unluckyMsMax), meetSomething);
  return {
    pid: 0,
    send: (message) => carry(agent, life, message, (copy) => runner?.receive(copy as ToCourier)),
    onMessage: (handler) => {
      hear = handler;
    },
    onExit: (handler) => {
      tellExit = handler;
    },
    kill: die,
  };
}

/** The courier of an agent, in a process of its own. */
export function simCourier(
  options: SimCourierOptions,
  shared: {
    readonly time: AgentTime;
    readonly countBytes: CountBytes;
    readonly countTravel: CountTravel;
    readonly modulesCame: ModulesCame;
    readonly orderParcel: OrderParcel;
  },
): CourierProcess {
  const { life, clockOf, log, onWants } = options;
  const processes = { start: () => startCourier(options) };
  const segments = { areShort: false };
  const ports = { ...shared, processes, clock: clockOf(life), log };
  return new CourierProcess({ ...ports, segments, onWants, file: 'courier', args: [] });
}
