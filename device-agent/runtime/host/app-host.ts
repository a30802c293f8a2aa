import type { FromHost, HostedApplication, ToHost } from '../protocol.ts';
import type { CompiledModules } from './compiled-modules.ts';
import { type HostPorts, isSameApplication, LiveApplication } from './hosted-application.ts';

/** The set of applications of one app host: made to be what the supervisor's last `apply` said. */
export class AppHost {
  readonly #ports: HostPorts & { readonly modules: CompiledModules };
  readonly #say: (message: FromHost) => void;
  readonly #live = new Map<string, LiveApplication>();
  /** Orders are carried out one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(ports: HostPorts & { readonly modules: CompiledModules }, say: (message: FromHost) => void) {
    this.#ports = ports;
    this.#say = say;
    ports.disk.makeDirectory(ports.logDirectory);
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
    for (const { application } of leaving) this.#live.delete(application.name);
    this.#ports.modules.keep(applications.map(({ prepared }) => prepared));
    for (const application of wanted.values()) {
      if (this.#live.has(application.name)) continue;
      const live = new LiveApplication(application, this.#ports, () => this.#tell());
      this.#live.set(application.name, live);
      live.start();
    }
    this.#tell();
  }

  #tell(): void {
    this.#say({ kind: 'states', applications: [...this.#live.values()].map((live) => live.report()) });
  }
}
