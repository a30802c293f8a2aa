/** The seam between the update engine, which decides what runs, and the app host, which runs it. */
import type { ApplicationReport, DeployedApplication, HostDeath } from '../../schemas/generated/types.ts';

/** A deployed application with its verified module on disk. */
export interface RunnableApplication extends DeployedApplication {
  readonly modulePath: string;
}

export interface AppRuntime {
  /**
   * Makes exactly these applications run: what is unchanged goes on untouched, what is gone or different is stopped, what
   * is new is started. Resolves when everything old has ended and everything new was started, not when it is healthy.
   */
  apply(applications: readonly RunnableApplication[]): Promise<void>;
  /** How each application of the last `apply` does, sorted by name. */
  states(): readonly ApplicationReport[];
  /** The last time a process of applications died; undefined while none has. */
  lastDeath(): HostDeath | undefined;
  /** Called whenever `states` changed. */
  onChange(handler: () => void): void;
  /** Stops all applications and the app host. */
  stop(): Promise<void>;
}
