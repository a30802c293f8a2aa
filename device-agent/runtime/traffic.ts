import type { Confinement } from '../../platform/ports.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';
import type { Answered } from './app-runtime.ts';
import { type CallAsk, CallProbes } from './call-probes.ts';
import { ChannelRouter } from './channels/channel-router.ts';
import { doorHold } from './host-terms.ts';
import { type DoorPlace, HttpRelay, type RelayOptions } from './http/http-relay.ts';
import type { Ask, HttpAsk } from './http/messages.ts';
import type { HostPlan, Placeable } from './placement.ts';
import type { ForHost, OfHost, WriteLog } from './protocol.ts';

type Reachable = Placeable & Pick<DeployedApplication, 'channels' | 'trigger'>;

/** What carries words between hosts. */
export interface TrafficOptions extends Omit<RelayOptions, 'onStart' | 'ask' | keyof DoorPlace> {
  readonly confinement: Confinement;
  /** Where requests for applications come in; undefined where the integrator gave no port. */
  readonly door?: DoorPlace;
  /** Tells a host; false where there is none by that key. */
  readonly post: (key: string, message: ForHost) => boolean;
}

/** What the supervisor asks by itself. */
function probeOf(route: string, path: string): HttpAsk {
  const pathInfo = route === '/' ? path : path.slice(route.length);
  const place = { address: '127.0.0.1', serverName: 'localhost', serverPort: 80 };
  return { method: 'GET', route, pathInfo, query: '', headers: { 'user-agent': 'fleet-health' }, ...place, body: '' };
}

/** All that goes from process to process besides orders and reports: messages of channels, requests and their answers. */
export class Traffic {
  readonly #router: ChannelRouter;
  readonly #relay: HttpRelay | undefined;
  readonly #calls: CallProbes;
  readonly #post: TrafficOptions['post'];
  #plans: readonly HostPlan<Reachable>[] = [];

  constructor(options: TrafficOptions) {
    const { door, confinement, post, log } = options;
    this.#post = post;
    this.#router = new ChannelRouter(post, log);
    this.#calls = new CallProbes((ask) => this.#ask(ask));
    const onStart = (pid: number): void => void confinement.hold(pid, doorHold);
    this.#relay = door && new HttpRelay({ ...options, ...door, onStart, ask: (ask) => this.#ask(ask) });
  }

  /** Why an application can't have its events here; undefined when it can. */
  refusal({ trigger }: Pick<DeployedApplication, 'trigger'>): string | undefined {
    if (trigger?.http === undefined || this.#relay !== undefined) return undefined;
    return `it answers requests at ${trigger.http.route}, and this agent has no port for them: agent.http.port is not set`;
  }

  /** Why nobody can ask an application that runs; undefined when somebody can. */
  fault({ trigger }: Pick<DeployedApplication, 'trigger'>): string | undefined {
    const fault = trigger?.http && this.#relay?.fault;
    return fault && `nobody can ask it, the port for requests is not open: ${fault}`;
  }

  /** What an application answers to a request for a path at or below its route. */
  async probe(application: string, path: string): Promise<Answered> {
    const reachable = this.#plans.flatMap(({ applications }) => applications).find(({ name }) => name === application);
    const route = reachable?.trigger?.http?.route;
    if (route === undefined || this.#relay === undefined) return 'absent';
    const answer = await this.#relay.probe(application, probeOf(route, path));
    return answer.kind === 'response' ? answer.status : answer.kind;
  }

  /** What a function of an application gives that is called between two events. */
  call(application: string, name: string): Promise<Answered> {
    return this.#calls.call(application, name);
  }

  /** Has what was gathered of an application's log written down where it runs. */
  writeLog(application: string): void {
    this.#ask({ kind: 'write-log', application });
  }

  /** Who runs where from now on. */
  arrange(plans: readonly HostPlan<Reachable>[]): void {
    this.#plans = plans;
    this.#router.arrange(new Map(plans.map(({ key, applications }) => [key, applications])));
    const running = plans.flatMap(({ applications }) => applications);
    this.#relay?.serve(
      running.flatMap(({ name, trigger }) =>
        trigger?.http === undefined ? [] : [{ route: trigger.http.route, application: name }],
      ),
    );
  }

  /** Channels that are written in a host and read elsewhere. */
  readElsewhere(key: string): readonly string[] {
    return this.#router.readElsewhere(key);
  }

  /** A host said something. */
  carry(key: string, message: OfHost): void {
    switch (message.kind) {
      case 'message':
        return this.#router.carry(key, message);
      case 'took':
        return this.#router.took(key, message.id);
      case 'answer':
        return this.#relay?.answered(key, message);
      case 'called':
        return this.#calls.called(key, message);
      default:
        throw new Error(message satisfies never);
    }
  }

  /** A host died or is retired: nobody waits for it. */
  died(key: string): void {
    this.#router.died(key);
    this.#relay?.died(key);
    this.#calls.died(key);
  }

  stop(): void {
    this.#relay?.stop();
  }

  /** Tells the host where its application runs; that host's key, or undefined where there is none. */
  #ask(ask: Ask | CallAsk | WriteLog): string | undefined {
    const plan = this.#plans.find(({ applications }) => applications.some(({ name }) => name === ask.application));
    return plan !== undefined && this.#post(plan.key, ask) ? plan.key : undefined;
  }
}
