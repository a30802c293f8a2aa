import { beatMs, type FromHost, type HostedApplication, type ToHost } from '../protocol.ts';
import type { CompiledModules } from './compiled-modules.ts';
import { type HostPorts, isSameApplication, LiveApplication } from './hosted-application.ts';

/** What an app host needs of the outside. */
export interface AppHostPorts extends HostPorts {
  readonly modules: CompiledModules;
}

/** The set of applications of one app host: made to be what the supervisor's last `apply` said. */
export class AppHost {
  readonly #ports: AppHostPorts;
  readonly #say: (message: FromHost) => void;
  readonly #live = new Map<string, LiveApplication>();
  /** Orders are carried out one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(ports: AppHostPorts, say: (message: FromHost) => void) {
    this.#ports = ports;
    this.#say = say;
    ports.disk.makeDirectory(ports.logDirectory);
    this.#ports.clock.after(beatMs, () => this.#beat());
  }

  /** Carries out a message; resolves when that is done. */
  receive(message: ToHost): Promise<void> {
    this.#work = this.#work.then(async () => {
      await this.#apply(message.kind === 'apply' ? message.applications : []);
      if (message.kind === 'apply') this.#say({ kind: 'applied', id: message.id });
    });
    return this.#work;
  }

  async #apply(applications: readonly HostedApplication[]): Promise<void> {
    const wanted = new Map(applications.map((application) => [application.name, application]));
    const leaving = [...this.#live.values()].filter(({ application }) => {
      const same = wanted.get(application.name);
      return same === undefined || !isSameApplication(application, same);
    });
    await Promise.all(leaving.map((live) => live.stop()));
    for (const { application } of leaving) {
      this.#live.delete(application.name);
      this.#ports.grants.forget(application.name);
    }
    this.#ports.modules.keep(applications);
    const coming = [...wanted.values()].filter(({ name }) => !this.#live.has(name));
    const begun = coming.map((application) => {
      const live = new LiveApplication(application, this.#ports, () => this.#tell());
      this.#live.set(application.name, live);
      return live.begin();
    });
    this.#tell();
    await Promise.all(begun);
  }

  #beat(): void {
    this.#say({ kind: 'beat', usage: [...this.#live.values()].map((live) => live.usage()) });
    this.#ports.clock.after(beatMs, () => this.#beat());
  }

  #tell(): void {
    this.#say({ kind: 'states', applications: [...this.#live.values()].map((live) => live.report()) });
  }
}
