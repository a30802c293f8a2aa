/** The seam between the update engine, which decides what runs, and the app host, which runs it. */
import type { ApplicationReport, DeployedApplication, HostDeath, LinkedModule } from '../../schemas/generated/types.ts';
import type { Predecessor } from './snapshot/kept-state.ts';

/** A module that is linked to an application, on disk. */
export interface RunnableModule extends LinkedModule {
  readonly modulePath: string;
}

/** A deployed application with its verified modules on disk. */
export interface RunnableApplication extends Omit<DeployedApplication, 'health'> {
  readonly modulePath: string;
  readonly links?: Readonly<Record<string, RunnableModule>>;
  /** The release of it in whose place it runs for the first time, where its state is handed over. */
  readonly predecessor?: Predecessor;
}

/** The application with its modules where `pathOf` says that they lie. */
export function runnable(application: DeployedApplication, pathOf: (sha256: string) => string): RunnableApplication {
  // How it is judged changes nothing of how it runs: another judgement restarts nothing.
  const { links, health: _health, ...rest } = application;
  const module = { ...rest, modulePath: pathOf(rest.sha256) };
  if (links === undefined) return module;
  const linked = Object.entries(links).map(
    ([link, one]) => [link, { ...one, modulePath: pathOf(one.sha256) }] as const,
  );
  return { ...module, links: Object.fromEntries(linked) };
}

/** An application as its host sees it: what it reports, and what is of use on the device alone. */
export interface SeenApplication extends ApplicationReport {
  /** The channels that it has written to since it was begun. */
  readonly written?: readonly string[];
}

/** The status of an answer to a request or what a call gave, or why there is nothing. */
export type Answered = number | 'busy' | 'absent' | 'failed' | 'late';

export interface AppRuntime {
  /**
   * Makes exactly these applications run: what is unchanged goes on untouched, what is gone or different is stopped, what
   * is new is started. Resolves when everything old has ended and everything new was started, not when it is healthy.
   */
  apply(applications: readonly RunnableApplication[]): Promise<void>;
  /** How each application of the last `apply` does, sorted by name. */
  states(): readonly SeenApplication[];
  /** The last time a process of applications died; undefined while none has. */
  lastDeath(): HostDeath | undefined;
  /** Asks an application for a path at or below its route, and waits for the answer. */
  ask(application: string, path: string): Promise<Answered>;
  /** Calls a function that an application's kept instance exports, between two events, and waits for what it gives. */
  call(application: string, name: string): Promise<Answered>;
  /** Has what was gathered of an application's log written down soon, for somebody who wants to read it. */
  writeLog(application: string): void;
  /** Called whenever `states` changed. */
  onChange(handler: () => void): void;
  /** Stops all applications and the app host. */
  stop(): Promise<void>;
}
