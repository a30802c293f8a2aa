/** The probation of a device without applications: they are taken to do all that their checks ask, but for what is drawn to fail. */
import { beginProbation, healthTerms, observe, type Probation } from '../../device-agent/health/probation.ts';
import type { SeenApplication } from '../../device-agent/runtime/app-runtime.ts';
import type { SimTime } from '../../platform/simulated/clock.ts';
import type { DeployedApplication } from '../../schemas/generated/types.ts';

/** A deployment on probation. */
export interface TriedOut {
  readonly applications: readonly DeployedApplication[];
  readonly probationSeconds: number;
  /** After such a part of its probation one of its applications fails for good; absent where none does. */
  readonly failsAfter?: number;
}

/** Since when, which may be before now. */
interface BegunTrial extends TriedOut {
  readonly sinceMs: number;
}

/** An application as its checks want to see it. */
function well({ name, version, health = {} }: DeployedApplication, nowMs: number): SeenApplication {
  const since = new Date(nowMs).toISOString();
  const { endsSeconds, factsSeconds = {}, messagesSeconds = {} } = health;
  return {
    ...{ name, version, since, restarts: 0, state: endsSeconds === undefined ? 'running' : 'completed' },
    written: Object.keys(messagesSeconds),
    facts: Object.fromEntries(Object.keys(factsSeconds).map((fact) => [fact, { value: true, at: since }])),
  };
}

/** Judges it as an agent would, until it is healthy or has failed; then calls back, with the reason where it has. */
export function tryOut(time: SimTime, tried: BegunTrial, onEnd: (reason: string | undefined) => void): Disposable {
  const { applications, probationSeconds, failsAfter, sinceMs } = tried;
  // A device whose clock runs ahead begins it now at the latest.
  const begin = Math.min(sinceMs, time.now);
  const running = applications.map((application) => well(application, begin));
  const givenBy = (answered: number) => new Map(applications.map(({ name }) => [name, answered]));
  const heard = { answers: givenBy(200), calls: givenBy(0) };
  const failsAt = failsAfter === undefined ? Number.POSITIVE_INFINITY : begin + failsAfter * probationSeconds * 1000;
  const seenAt = (now: number): readonly SeenApplication[] =>
    now < failsAt ? running : running.map((one, at) => (at === 0 ? { ...one, state: 'failed', exitCode: 1 } : one));
  let timer: Disposable | undefined;
  const look = (before: Probation): void => {
    const { probation, verdict } = observe(before, seenAt(time.now), time.now, heard);
    switch (verdict.kind) {
      case 'waiting':
        timer = time.at(Math.min(verdict.untilMs, Math.max(failsAt, time.now + 1)), () => look(probation));
        return;
      case 'healthy':
        return onEnd(undefined);
      case 'failing':
        return onEnd(verdict.reason);
      default:
        verdict satisfies never;
    }
  };
  const begun = beginProbation(running, probationSeconds, begin, healthTerms(applications));
  // Since then it was looked at.
  const probation = begin < time.now ? observe(begun, seenAt(begin), begin, heard).probation : begun;
  timer = time.at(time.now, () => look(probation));
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}
