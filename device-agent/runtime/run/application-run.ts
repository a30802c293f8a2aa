/**
 * Runs one application as a device does, in an app host of its own, and is to it what the supervisor is there: it gives the orders,
 * sends what comes from elsewhere, and takes what goes there.
 */
import type { Clock } from '../../../platform/ports.ts';
import type { InputStream } from '../../../platform/streams.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import { channelTerms } from '../channels/channel-hub.ts';
import type { MessageAbroad } from '../channels/channel-messages.ts';
import type { AppHost } from '../host/app-host.ts';
import type { OpenSource } from '../host/events/event-source.ts';
import type { Launcher } from '../host/launch.ts';
import { Door } from '../http/door.ts';
import type { Ask } from '../http/messages.ts';
import type { FromHost, Usage } from '../protocol.ts';
import { failureOf, type RunEnd } from '../run-end.ts';
import {
  type ApplicationEnd,
  type ApplicationOutcome,
  type ApplicationRequest,
  type StreamPlace,
  scheduleEvents,
} from './application-request.ts';
import { UseCount } from './application-use.ts';
import { type LineSource, lineSource } from './line-source.ts';
import { linesOf } from './lines.ts';
import { observedLauncher, type RunWatch } from './observed-launcher.ts';

/** What a run needs of the machine and of the terminal. */
export interface ApplicationRunPorts {
  readonly clock: Pick<Clock, 'after'>;
  /** A host that runs nothing yet. */
  readonly openHost: (parts: {
    readonly say: (message: FromHost) => void;
    readonly openSource: () => OpenSource | undefined;
    readonly observe: (launcher: Launcher) => Launcher;
  }) => AppHost;
  readonly openInput: (place: StreamPlace) => InputStream;
  /** Gives what takes the messages of a channel. */
  readonly openOutput: (channel: string, place: StreamPlace) => (message: Uint8Array) => void;
  readonly print: RunWatch['onOutput'];
  /** A line for whoever sits at the terminal. */
  readonly tell: (text: string) => void;
  /** Serves requests; gives the port. */
  readonly listen: (port: number, answer: Door['answer'], onUnread: () => void) => Promise<number>;
}

const address = '127.0.0.1';

/** How a run ended, for whoever asked for it; undefined is a run that was stopped because its time was up. */
function endOf(end: RunEnd | undefined): ApplicationEnd {
  if (end === undefined) return { kind: 'time-limit', message: 'it took longer than an event may (events.timeLimit)' };
  if (end.kind === 'exited') return end;
  const message = failureOf(end) ?? '';
  if (end.kind === 'trapped' && end.isOutOfMemory) return { kind: 'out-of-memory', message };
  return { kind: end.kind === 'exhausted' ? 'out-of-fuel' : end.kind, message };
}

/** One run of an application. */
export class ApplicationRun {
  readonly #request: ApplicationRequest;
  readonly #ports: ApplicationRunPorts;
  readonly #host: AppHost;
  readonly #done = Promise.withResolvers<ApplicationEnd>();
  readonly #use = new UseCount();
  readonly #outputs: ReadonlyMap<string, (message: Uint8Array) => void>;
  /** What is called when the host took a message, by its number. */
  readonly #underway = new Map<number, () => void>();
  #lastId = 0;
  #feeding: number;
  #schedule: LineSource | undefined;
  #door: Door | undefined;
  #failure: ApplicationEnd | undefined;
  #report: ApplicationReport | undefined;
  #usage: Usage | undefined;

  constructor(request: ApplicationRequest, ports: ApplicationRunPorts) {
    this.#request = request;
    this.#ports = ports;
    this.#feeding = Object.keys(request.events).length;
    const written = Object.keys(request.application.channels?.out ?? {});
    this.#outputs = new Map(written.map((name) => [name, ports.openOutput(name, request.outputs[name] ?? {})]));
    const watch: RunWatch = { onOutput: ports.print, onEnd: (end, usage) => this.#ended(end, usage) };
    this.#host = ports.openHost({
      say: (message) => this.#hear(message),
      observe: (launcher) => observedLauncher(launcher, watch),
      openSource: () => this.#openSource(),
    });
  }

  /** Runs to the end: the program's own, that of all events, or the limit's. */
  async run(): Promise<ApplicationOutcome> {
    const { application, timeLimitMs } = this.#request;
    if (timeLimitMs !== undefined) {
      const message = 'it was ended at its time limit (--time-limit)';
      this.#ports.clock.after(timeLimitMs, () => this.#done.resolve({ kind: 'time-limit', message }));
    }
    const readElsewhere = [...this.#outputs.keys()];
    await this.#host.receive({ kind: 'apply', id: 1, applications: [application], readElsewhere });
    this.#openDoor().catch((error: Error) => this.#fail(error));
    for (const [name, place] of Object.entries(this.#request.events)) {
      this.#feed(name, place).catch((error: Error) => this.#fail(error));
    }
    const end = await this.#done.promise;
    this.#host.tell();
    this.#host.tellUsage();
    await this.#host.receive({ kind: 'stop' });
    return { end, use: this.#use.total(this.#report, this.#usage) };
  }

  interrupt(): void {
    this.#done.resolve({ kind: 'interrupted', message: 'it was stopped' });
  }

  #fail({ message }: Error): void {
    this.#done.resolve({ kind: 'failed', message });
  }

  /** Lines of a file take the place of a schedule's times. */
  #openSource(): OpenSource | undefined {
    if (this.#request.events[scheduleEvents] === undefined) return undefined;
    if (this.#request.application.trigger?.schedule === undefined) return undefined;
    return lineSource((source) => {
      this.#schedule = source;
    });
  }

  async #openDoor(): Promise<void> {
    const { trigger, name } = this.#request.application;
    if (trigger?.http === undefined) return;
    const { route } = trigger.http;
    const ask = (one: Ask): void => void this.#host.receive(one);
    const door = new Door(address, { ask, onDropped: () => this.#use.dropped() });
    door.route([{ route, application: name }]);
    this.#door = door;
    const onUnread = (): void => this.#use.dropped();
    door.port = await this.#ports.listen(this.#request.port, (request) => door.answer(request), onUnread);
    this.#ports.tell(`answers at http://${address}:${door.port}${route}; Ctrl-C ends it`);
  }

  async #feed(name: string, place: StreamPlace): Promise<void> {
    const source = this.#schedule;
    const put = (line: Uint8Array): Promise<void> =>
      name === scheduleEvents && source !== undefined ? source.put(line) : this.#send(name, line);
    for await (const line of linesOf(this.#ports.openInput(place))) {
      this.#use.message('in', name, line.length);
      await put(line);
    }
    this.#feeding -= 1;
    this.#look();
  }

  /** Sends a message as if it came from another process; resolves when there was room for it. */
  #send(channel: string, message: Uint8Array): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    const data = Buffer.from(message).toString('base64');
    const taken = new Promise<void>((resolve) => this.#underway.set(id, resolve));
    void this.#host.receive({ kind: 'message', id, channel, terms: channelTerms({}), data });
    return taken;
  }

  #hear(message: FromHost): void {
    switch (message.kind) {
      case 'ready':
      case 'applied':
      case 'left':
      case 'called':
        return;
      case 'states':
        return this.#heard(message.applications[0]);
      case 'beat':
        this.#usage = message.usage[0];
        return;
      case 'message':
        return this.#take(message);
      case 'took':
        this.#underway.get(message.id)?.();
        this.#underway.delete(message.id);
        return;
      case 'answer':
        return this.#door?.answered(message);
      default:
        throw new Error(message satisfies never);
    }
  }

  #take({ id, channel, data }: MessageAbroad): void {
    const message = Buffer.from(data, 'base64');
    this.#use.message('out', channel, message.length);
    this.#outputs.get(channel)?.(message);
    void this.#host.receive({ kind: 'sent', id });
  }

  #ended(end: RunEnd | undefined, usage: Parameters<RunWatch['onEnd']>[1]): void {
    this.#use.ended(usage);
    if (this.#request.application.trigger === undefined) return this.#done.resolve(endOf(end));
    if (end === undefined || failureOf(end) !== undefined) this.#failure = endOf(end);
    this.#look();
  }

  /** Has the host say how things are, once it has seen to what just happened. */
  #look(): void {
    this.#ports.clock.after(0, () => this.#host.tell());
  }

  #heard(report: ApplicationReport | undefined): void {
    if (report === undefined) return;
    for (const [name, { value }] of Object.entries(report.facts ?? {})) {
      if (this.#report?.facts?.[name]?.value !== value) this.#ports.tell(`fact ${name} = ${value}`);
    }
    this.#report = report;
    const { waiting = 0, instances = 0 } = report.events ?? {};
    const isThrough = this.#hasLastEvent() && this.#feeding === 0 && waiting + instances === 0;
    if (report.state === 'failed' && this.#failure !== undefined) this.#done.resolve(this.#failure);
    else if (isThrough) this.#done.resolve(this.#failure ?? { kind: 'handled' });
  }

  /** Whether its events come to an end at all. */
  #hasLastEvent(): boolean {
    const { trigger } = this.#request.application;
    return trigger?.message !== undefined || (trigger?.schedule !== undefined && this.#schedule !== undefined);
  }
}
