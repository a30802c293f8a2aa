/** What a device may do on the broker: ask its own shadow, and hear the answers. Everything else is refused. */
import { answersOf, requestTopic, shadowOperations, shadowPrefix } from '../shadows/topics.ts';

/** Only requests; who could publish `accepted`, `rejected` or `delta` could speak for the controller. */
export function mayPublish(device: string, topic: string): boolean {
  return shadowOperations.some((operation) => topic === requestTopic(device, operation));
}

const answerFilters: readonly string[] = [
  '#',
  ...shadowOperations.flatMap((operation) => [
    `${operation}/#`,
    `${operation}/+`,
    ...answersOf[operation].map((answer) => `${operation}/${answer}`),
  ]),
];

/** Answers of its own shadow, by name or with a wildcard below its own prefix. A closed set: it bounds subscriptions too. */
export function maySubscribe(device: string, filter: string): boolean {
  const prefix = shadowPrefix(device);
  return filter.startsWith(prefix) && answerFilters.includes(filter.slice(prefix.length));
}
