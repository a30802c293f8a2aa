import { runnable } from '../runtime/app-runtime.ts';
import { type PreparedModules, preparables } from '../runtime/prepare/readiness.ts';
import type { Courier } from './courier.ts';
import type { CourierProcess } from './courier-process.ts';

/** What modules are made ready with. */
export interface ReadyingCourierOptions {
  readonly courier: Pick<CourierProcess, 'judge' | 'judgeBundle' | 'answer' | 'bring' | 'rest'>;
  readonly prepared: Pick<PreparedModules, 'ready'>;
  /** Where the module with a digest lies. */
  readonly pathOf: (sha256: string) => string;
}

/**
 * A courier that has what it brought made ready to run, so that nothing that runs waits for it later. First the process that fetched goes: a
 * small device has no memory for it and one that prepares.
 */
export class ReadyingCourier implements Courier {
  readonly #options: ReadyingCourierOptions;

  constructor(options: ReadyingCourierOptions) {
    this.#options = options;
  }

  judge(...[desired, signal]: Parameters<Courier['judge']>): ReturnType<Courier['judge']> {
    return this.#options.courier.judge(desired, signal);
  }

  judgeBundle(...[path, signal]: Parameters<Courier['judgeBundle']>): ReturnType<Courier['judgeBundle']> {
    return this.#options.courier.judgeBundle(path, signal);
  }

  answer(...[envelope, signal]: Parameters<Courier['answer']>): ReturnType<Courier['answer']> {
    return this.#options.courier.answer(envelope, signal);
  }

  /** What the disk refuses now is tried again when it is to run. */
  async bring(...[errand, onProgress, signal]: Parameters<Courier['bring']>): ReturnType<Courier['bring']> {
    const { courier, prepared, pathOf } = this.#options;
    const brought = await courier.bring(errand, onProgress, signal);
    if (brought.result.kind === 'failed' || signal.aborted) return brought;
    courier.rest();
    const modules = errand.deployment.applications.flatMap((one) => preparables(runnable(one, pathOf)));
    const answers = await prepared.ready(modules);
    for (const [index, answer] of answers.entries()) {
      if (answer.kind !== 'refused') continue;
      const { name, version } = modules[index]!;
      const message = `${name} ${version} cannot run on this device: ${answer.message}`;
      return { ...brought, result: { kind: 'failed', problem: { code: 'MODULE_REFUSED', message }, isLink: false } };
    }
    return brought;
  }
}
