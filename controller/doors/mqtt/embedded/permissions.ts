/**
 * What a device may do on the broker: ask its own shadow and hear the answers, say what its applications have for the shore and
 * hear what the shore has of it. A subscriber hears what all applications say. Everything else is refused.
 */
import { batchTopics } from '../../../../schemas/message-batch.ts';
import { isSubscriber } from '../../../authority/subscribers.ts';
import { answersOf, requestTopic, shadowOperations, shadowPrefix } from '../../../shadow/topics.ts';
import { isMessageFilter } from '../message-topics.ts';

/** Only requests and batches; who could publish `accepted`, `rejected` or `delta` could speak for the controller. */
export function mayPublish(device: string, topic: string): boolean {
  if (isSubscriber(device)) return false;
  if (topic === batchTopics(device).out) return true;
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

/** Answers of its own shadow, by name or with a wildcard below its own prefix, and those to its batches. A closed set: it bounds subscriptions too. */
export function maySubscribe(device: string, filter: string): boolean {
  if (isSubscriber(device)) return isMessageFilter(filter);
  if (filter === batchTopics(device).taken) return true;
  const prefix = shadowPrefix(device);
  return filter.startsWith(prefix) && answerFilters.includes(filter.slice(prefix.length));
}
