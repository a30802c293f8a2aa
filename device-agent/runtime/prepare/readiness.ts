/** Which prepared module an application needs, and having it made where it is not there. */
import { rewriterVersion } from '../../../artifact/fuel/contract.ts';
import type { Disk } from '../../../platform/ports.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import { memoryPagesMax } from '../limits.ts';
import { type PreparedModule, PreparedStore } from './prepared-store.ts';
import { Preparer, type PreparerOptions } from './preparer.ts';
import type { PrepareOutcome, PrepareWork } from './protocol.ts';

/** What decides how a module is prepared, and where it lies. */
export type Preparable = Pick<DeployedApplication, 'sha256' | 'length' | 'limits'> & { readonly modulePath: string };

/** A module ready to run, or why there is none. */
export type Readiness =
  | { readonly kind: 'ready'; readonly prepared: PreparedModule }
  | Exclude<PrepareOutcome, { kind: 'prepared' }>;

/** The name of what is prepared for an application: it changes with all that the bytes depend on. */
export function preparedName(application: Pick<Preparable, 'sha256' | 'limits'>): string {
  return `${application.sha256}.${rewriterVersion}-${memoryPagesMax(application)}`;
}

/** Prepared modules of one directory, each made when it is first asked for. */
export class PreparedModules {
  readonly #store: PreparedStore;
  readonly #preparer: Preparer;
  readonly #directory: string;

  constructor(store: PreparedStore, preparer: Preparer, directory: string) {
    this.#store = store;
    this.#preparer = preparer;
    this.#directory = directory;
  }

  /** Makes what is missing; answers in the order of the question, and never rejects. */
  async ready(applications: readonly Preparable[]): Promise<readonly Readiness[]> {
    const missing = new Map<string, PrepareWork>();
    for (const application of applications) {
      const name = preparedName(application);
      if (this.#store.find(name) === undefined) missing.set(name, this.#workOf(application, name));
    }
    const outcomes = missing.size === 0 ? [] : await this.#preparer.prepare([...missing.values()]);
    const failures = new Map([...missing.keys()].map((name, index) => [name, outcomes[index]!]));
    return applications.map((application) => this.#answer(preparedName(application), failures));
  }

  /** Removes what was made of any module that is not held. */
  collect(held: ReadonlySet<string>): void {
    this.#store.collect(held);
  }

  #answer(name: string, outcomes: ReadonlyMap<string, PrepareOutcome>): Readiness {
    const prepared = this.#store.find(name);
    if (prepared !== undefined) return { kind: 'ready', prepared };
    const outcome = outcomes.get(name);
    if (outcome !== undefined && outcome.kind !== 'prepared') return outcome;
    return { kind: 'failed', message: `${this.#directory}/${name} could not be read` };
  }

  #workOf(application: Preparable, name: string): PrepareWork {
    const { modulePath, sha256, length } = application;
    return {
      modulePath,
      sha256,
      length,
      name,
      directory: this.#directory,
      memoryPagesMax: memoryPagesMax(application),
    };
  }
}

/** Opens the prepared modules of a directory; it is made when there is something to keep. */
export function openPreparedModules(
  { disk, ...preparing }: PreparerOptions & { readonly disk: Disk },
  directory: string,
): PreparedModules {
  return new PreparedModules(new PreparedStore(disk, directory), new Preparer(preparing), directory);
}
