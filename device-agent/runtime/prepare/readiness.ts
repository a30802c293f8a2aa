/** Which prepared modules an application needs, and having it made where it is not there. */
import { rewriterVersion } from '../../../artifact/fuel/contract.ts';
import type { Disk } from '../../../platform/ports.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import { memoryPagesMax } from '../../../schemas/memory-limit.ts';
import type { RunnableApplication } from '../app-runtime.ts';
import { type PreparedModule, PreparedStore } from './prepared-store.ts';
import { Preparer, type PreparerOptions } from './preparer.ts';
import type { PrepareOutcome, PrepareWork } from './protocol.ts';

/** A module to prepare: what decides how, and where it lies. */
export interface Preparable extends Pick<DeployedApplication, 'name' | 'version' | 'sha256' | 'length' | 'limits'> {
  readonly modulePath: string;
  /** Whether it is one of several that are linked. */
  readonly isLinked: boolean;
}

/** The modules of an application, its own first; each may grow its memory as far as the application may. */
export function preparables(application: RunnableApplication): readonly Preparable[] {
  const { links = {}, limits } = application;
  const linked = Object.values(links);
  const isLinked = linked.length > 0;
  const terms = { isLinked, ...(limits === undefined ? {} : { limits }) };
  return [application, ...linked].map(({ name, version, sha256, length, modulePath }) => {
    return { name, version, sha256, length, modulePath, ...terms };
  });
}

/** A module ready to run, or why there is none. */
export type Readiness =
  | { readonly kind: 'ready'; readonly prepared: PreparedModule }
  | Exclude<PrepareOutcome, { kind: 'prepared' }>;

/** The name of what is prepared of a module: it changes with all that the bytes depend on, and whether there are any. */
function preparedName(module: Preparable): string {
  return `${module.sha256}.${rewriterVersion}-${memoryPagesMax(module)}${module.isLinked ? '-linked' : ''}`;
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
  async ready(modules: readonly Preparable[]): Promise<readonly Readiness[]> {
    const missing = new Map<string, PrepareWork>();
    for (const module of modules) {
      const name = preparedName(module);
      if (this.#store.find(name) === undefined) missing.set(name, this.#workOf(module, name));
    }
    const outcomes = missing.size === 0 ? [] : await this.#preparer.prepare([...missing.values()]);
    const failures = new Map([...missing.keys()].map((name, index) => [name, outcomes[index]!]));
    return modules.map((module) => this.#answer(preparedName(module), failures));
  }

  #answer(name: string, outcomes: ReadonlyMap<string, PrepareOutcome>): Readiness {
    const prepared = this.#store.find(name);
    if (prepared !== undefined) return { kind: 'ready', prepared };
    const outcome = outcomes.get(name);
    if (outcome !== undefined && outcome.kind !== 'prepared') return outcome;
    return { kind: 'failed', message: `${this.#directory}/${name} could not be read` };
  }

  #workOf(module: Preparable, name: string): PrepareWork {
    const { modulePath, sha256, length, isLinked } = module;
    return {
      ...{ modulePath, sha256, length, isLinked, name, directory: this.#directory },
      memoryPagesMax: memoryPagesMax(module),
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
