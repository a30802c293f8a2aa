import type { ApplicationReport } from '../../../schemas/generated/types.ts';
import type { SeenApplication } from '../app-runtime.ts';
import type { CallAsk } from '../call-probes.ts';
import type { Abroad } from '../channels/abroad.ts';
import type { Arrivals } from '../channels/arrivals.ts';
import { beatMs, type FromHost, type HostedApplication, type ToHost } from '../protocol.ts';
import type { CompiledModules } from './compiled-modules.ts';
import type { EventQueue } from './events/event-queue.ts';
import { type LifePorts, openLife } from './events/open-life.ts';
import { differInLinksOnly, isSameApplication } from './hosted-application.ts';
import type { Life, StopTerms } from './life.ts';

/** What an app host needs of the outside. */
export interface AppHostPorts extends LifePorts {
  readonly modules: CompiledModules;
  readonly abroad: Abroad;
  readonly arrivals: Arrivals;
}

/** How long an event has to come to its end before the state of who handles it is handed over. */
const lastEventMsMax = 30_000;
/** The same where the whole process is to end, for which it is not waited long. */
const lastEventOfHostMsMax = 2_000;

const nothingChanged = Promise.resolve(false);

/** The set of applications of one app host: made to be what the supervisor's last `apply` said. */
export class AppHost {
  readonly #ports: AppHostPorts;
  readonly #say: (message: FromHost) => void;
  readonly #live = new Map<string, Life>();
  /** Orders are carried out one after the other. */
  #work: Promise<boolean> = nothingChanged;
  /** What the last one says, which others may still be in the way of. */
  #ordered: readonly HostedApplication[] = [];

  constructor(ports: AppHostPorts, say: (message: FromHost) => void) {
    this.#ports = ports;
    this.#say = say;
    ports.disk.makeDirectory(ports.logDirectory);
    this.#ports.clock.after(beatMs, () => this.#beat());
  }

  /** Carries out a message; resolves when that is done, with whether it started, ended or linked any application. */
  receive(message: ToHost): Promise<boolean> {
    const { abroad, arrivals, asks, hub } = this.#ports;
    switch (message.kind) {
      case 'message':
        arrivals.take(message);
        return nothingChanged;
      case 'ask':
        // Whoever is there answers at once, whatever becomes of others; for who is to come it waits.
        return (asks.isTaken(message) ? nothingChanged : this.#work).then(() => {
          asks.take(message);
          return false;
        });
      case 'call':
        return this.#call(message);
      case 'write-log':
        this.#live.get(message.application)?.writeLog();
        return nothingChanged;
      case 'sent':
        abroad.sent(message);
        return nothingChanged;
      case 'apply':
        abroad.apply(message.readElsewhere);
        // Messages for those that are to come follow at once, and carrying out the order may take long.
        hub.open(message.applications);
        return this.#order(message.applications, lastEventMsMax, () => this.#say({ kind: 'applied', id: message.id }));
      case 'stop':
        return this.#order([], lastEventOfHostMsMax, () => {});
      default:
        throw new Error(message satisfies never);
    }
  }

  /** Of one that is not there, or is to begin, nothing is called. */
  async #call({ id, application, function: name }: CallAsk): Promise<boolean> {
    const answered = (await this.#live.get(application)?.call(name)) ?? 'absent';
    this.#say({ kind: 'called', id, answered });
    return false;
  }

  #order(applications: readonly HostedApplication[], lastEventMs: number, done: () => void): Promise<boolean> {
    this.#ordered = applications;
    this.#work = this.#work.then(async () => {
      const isChanging = !this.#runs(applications);
      await this.#apply(applications, lastEventMs);
      done();
      return isChanging;
    });
    return this.#work;
  }

  /** Whether exactly these live already. */
  #runs(applications: readonly HostedApplication[]): boolean {
    const isLive = (wanted: HostedApplication): boolean => {
      const life = this.#live.get(wanted.name);
      return life !== undefined && isSameApplication(life.application, wanted);
    };
    return applications.length === this.#live.size && applications.every(isLive);
  }

  /** Each comes when its own predecessor has gone, however long others take. */
  async #apply(applications: readonly HostedApplication[], lastEventMsMax: number): Promise<void> {
    const { modules, hub, lost } = this.#ports;
    const wanted = new Map(applications.map((application) => [application.name, application]));
    const lives = [...this.#live.values()];
    const stays = await Promise.all(lives.map((life) => staysWith(life, wanted.get(life.application.name))));
    const leaving = new Map<string, Promise<EventQueue | undefined>>();
    for (const [at, life] of lives.entries()) {
      const { name } = life.application;
      if (!stays[at]) leaving.set(name, this.#end(life, { lastEventMsMax, next: wanted.get(name) }));
    }
    const coming = applications.filter(({ name }) => leaving.has(name) || !this.#live.has(name));
    const gone = lives.filter((life) => !wanted.has(life.application.name));
    const begun = coming.map((one) => this.#begin(one, leaving.get(one.name)));
    await Promise.all(leaving.values());
    modules.keep(applications);
    hub.apply([...applications, ...this.#ordered]);
    for (const life of gone) this.#tellLeft(life);
    lost.keep(new Set(wanted.keys()));
    this.tell();
    await Promise.all(begun);
  }

  async #end(life: Life, terms: StopTerms): Promise<EventQueue | undefined> {
    const { name } = life.application;
    const queue = await life.stop(terms);
    this.#live.delete(name);
    this.#ports.grants.forget(name);
    this.#ports.hub.forget(name);
    return queue;
  }

  async #begin(application: HostedApplication, inherited: Promise<EventQueue | undefined> | undefined): Promise<void> {
    const queue = await inherited;
    this.#ports.hub.open([application]);
    const life = await openLife(application, this.#ports, () => this.tell(), queue);
    this.#live.set(application.name, life);
    await life.begin();
  }

  /** Whoever runs it from now on knows nothing of what it lost here. */
  #tellLeft(life: Life): void {
    const { name, events } = life.report();
    if (events?.dropped !== undefined) this.#say({ kind: 'left', application: name, dropped: events.dropped });
  }

  #beat(): void {
    this.tellUsage();
    // Counts of events and messages change all the time: they are told with the beat.
    const hasCounts = ({ application }: Life): boolean => (application.trigger ?? application.channels) !== undefined;
    if ([...this.#live.values()].some(hasCounts)) this.tell();
    this.#ports.clock.after(beatMs, () => this.#beat());
  }

  /** Tells the supervisor what all applications take. */
  tellUsage(): void {
    this.#say({ kind: 'beat', usage: [...this.#live.values()].map((live) => live.usage()) });
  }

  #seen(report: ApplicationReport): SeenApplication {
    const written = this.#ports.hub.written(report.name);
    return written.length === 0 ? report : { ...report, written };
  }

  /** Tells the supervisor how all applications do. */
  tell(): void {
    const applications = [...this.#live.values()].map((live) => this.#seen(live.report()));
    for (const { name, state } of applications) {
      if (state === 'completed' || state === 'failed') this.#ports.hub.leave(name);
    }
    this.#say({ kind: 'states', applications });
  }
}

/** Whether what lives goes on as what is wanted; other modules may be linked to it meanwhile. */
async function staysWith(life: Life, wanted: HostedApplication | undefined): Promise<boolean> {
  if (wanted === undefined) return false;
  if (isSameApplication(life.application, wanted)) return true;
  return differInLinksOnly(life.application, wanted) && (await life.relink(wanted));
}
