import type { Enrolment } from '../enrol.ts';
import type { Courier } from './courier.ts';
import type { Errand, FromCourier, Outcomes, ToCourier } from './protocol.ts';
import type { SharedTime } from './shared-time.ts';

/** What errands are run with. */
export interface RunnerOptions {
  readonly courier: Courier;
  readonly enrol: (signal: AbortSignal) => Promise<Enrolment>;
  readonly time: SharedTime;
  readonly say: (message: FromCourier) => void;
}

/** The courier's end of the channel: does what the supervisor asks for, as much at once as it asks for. */
export class ErrandRunner {
  readonly #options: RunnerOptions;
  readonly #aborts = new Map<number, AbortController>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  receive(message: ToCourier): void {
    const { id } = message;
    if (message.kind === 'abort') {
      this.#aborts.get(id)?.abort();
      return;
    }
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#options.time.adopt(message.floorMs);
    void this.#run(id, message.errand, abort.signal).then((outcome) => {
      this.#aborts.delete(id);
      this.#options.say({ kind: 'done', id, outcome });
    });
  }

  #run(id: number, errand: Errand, signal: AbortSignal): Promise<Outcomes[keyof Outcomes]> {
    const { courier, enrol, say } = this.#options;
    switch (errand.kind) {
      case 'judge':
        return courier.judge(errand.desired, signal);
      case 'judge-bundle':
        return courier.judgeBundle(errand.path, signal);
      case 'bring':
        return courier.bring(errand.errand, (progress) => say({ kind: 'progress', id, progress }), signal);
      case 'enrol':
        return enrol(signal).catch((error: Error) => ({ kind: 'unreachable', message: error.message }));
      default:
        return errand satisfies never;
    }
  }
}
