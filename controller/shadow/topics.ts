/** The topics of the named shadow `fleet`: `$aws/things/THING/shadow/name/fleet/OPERATION[/ANSWER]`. */

/** The one named shadow that every device has. */
export const shadowName = 'fleet';

/** What may be asked of a shadow. */
export type ShadowOperation = 'get' | 'update' | 'delete';
/** How the service answers, or tells of a change. */
export type ShadowAnswer = 'accepted' | 'rejected' | 'delta' | 'documents';

/** All that may be asked. */
export const shadowOperations: readonly ShadowOperation[] = ['get', 'update', 'delete'];

/** What the service publishes after each operation. */
export const answersOf: Readonly<Record<ShadowOperation, readonly ShadowAnswer[]>> = {
  get: ['accepted', 'rejected'],
  update: ['accepted', 'rejected', 'delta', 'documents'],
  delete: ['accepted', 'rejected'],
};

/** A topic that asks the shadow service for something. */
export interface ShadowRequestTopic {
  readonly device: string;
  readonly operation: ShadowOperation;
}

const requestPattern = new RegExp(
  `^\\$aws/things/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)/shadow/name/${shadowName}/(get|update|delete)$`,
);

/** The prefix of all topics of a device's shadow, with the slash at its end. */
export function shadowPrefix(device: string): string {
  return `$aws/things/${device}/shadow/name/${shadowName}/`;
}

const answerPattern = new RegExp(`^\\$aws/things/([^/]+)/shadow/name/${shadowName}/`);

/** Whose shadow a topic belongs to; `undefined` for another topic. */
export function deviceOfShadowTopic(topic: string): string | undefined {
  return answerPattern.exec(topic)?.[1];
}

/** Where a device asks. */
export function requestTopic(device: string, operation: ShadowOperation): string {
  return shadowPrefix(device) + operation;
}

/** Where a device hears. */
export function answerTopic(device: string, operation: ShadowOperation, answer: ShadowAnswer): string {
  return `${shadowPrefix(device)}${operation}/${answer}`;
}

/** What the service subscribes to, to hear every device's requests of one kind. */
export function requestFilter(operation: ShadowOperation): string {
  return requestTopic('+', operation);
}

/** Which device asks for what; `undefined` when the topic is not a request to a shadow `fleet`. */
export function parseRequestTopic(topic: string): ShadowRequestTopic | undefined {
  const match = requestPattern.exec(topic);
  if (match === null) return undefined;
  return { device: match[1]!, operation: match[2] as ShadowOperation };
}
