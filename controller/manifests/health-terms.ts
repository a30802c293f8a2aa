import type { DeployedApplication, HealthTerms } from '../../schemas/generated/types.ts';
import type { ApplicationTerms } from './definition.ts';
import { secondsOf } from './duration.ts';

/** What a manifest asks of its application on probation, in seconds; what it does not ask is not named. */
export function healthTerms({ health }: ApplicationTerms): Pick<DeployedApplication, 'health'> {
  if (health === undefined) return {};
  const { up, ends, restarts, failedEvents, facts, messages, http, call } = health;
  const terms: HealthTerms = {
    ...(up === undefined ? {} : { upSeconds: secondsOf(up) }),
    ...(ends === undefined ? {} : { endsSeconds: secondsOf(ends) }),
    ...(restarts === undefined ? {} : { restartsMax: restarts }),
    ...(failedEvents === undefined ? {} : { failedEventsMax: failedEvents }),
    ...(facts === undefined ? {} : { factsSeconds: secondsOfEach(facts) }),
    ...(messages === undefined ? {} : { messagesSeconds: secondsOfEach(messages) }),
    ...(http === undefined ? {} : { http: { path: http.path, withinSeconds: secondsOf(http.within) } }),
    ...(call === undefined ? {} : { call: { function: call.function, withinSeconds: secondsOf(call.within) } }),
  };
  return { health: terms };
}

function secondsOfEach(spans: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(spans).map(([name, span]) => [name, secondsOf(span)]));
}
