/** What there is to see of this controller from its start on, and the port at which programs see it without a token, where one is configured. */
import { hostAndPort } from '../../platform/host-and-port.ts';
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { startLocalHttpServer } from '../../platform/node/local-http-server.ts';
import { standByReadiness } from '../doors/http/readiness.ts';
import { type Watched, watchDoorAnswer } from '../doors/http/watch-door.ts';
import type { Family } from '../metrics/family.ts';
import { LoopLateness } from '../metrics/loop-lateness.ts';
import { latenessFamily, leadingFamily } from '../metrics/process-families.ts';
import type { StatePlace } from '../state/leadership.ts';
import type { Ground } from './ground.ts';

/** Opened before this controller leads. */
export class Watch implements Disposable {
  readonly #lateness = new LoopLateness(clock);
  readonly #closing = new AbortController();
  /** As it is now. */
  watched: Watched;

  constructor(place: Pick<StatePlace, 'leader'>) {
    this.watched = {
      readMetrics: () => this.families(false, []),
      readiness: () => standByReadiness(place.leader()),
    };
  }

  /** What is measured of the process, and these besides. */
  families(isLeading: boolean, more: readonly Family[]): readonly Family[] {
    return [leadingFamily(isLeading), ...more, latenessFamily(this.#lateness)];
  }

  /** Opens the port. */
  async open({ configuration, guard, log }: Pick<Ground, 'configuration' | 'guard' | 'log'>): Promise<void> {
    if (configuration.metrics === undefined) return;
    const { host, port } = configuration.metrics;
    const opened = await startLocalHttpServer({
      ...{ host: host!, port, bodyBytesMax: 0, signal: this.#closing.signal },
      answer: (request) => watchDoorAnswer(request, this.watched),
      onUnread: () => guard.tell('http', 'metrics', new Error('too many connections at the port of metrics')),
    });
    log.write('info', 'metrics.open', { url: `http://${hostAndPort(host!, opened)}/metrics` });
  }

  [Symbol.dispose](): void {
    this.#lateness[Symbol.dispose]();
    this.#closing.abort();
  }
}
