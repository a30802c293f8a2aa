/** Topics of what devices' applications say to the shore, besides those of one device in `batchTopics`. */

/** What the controller hears all devices' batches at. */
export const batchFilter = 'fleet/+/out';

const batchPattern = /^fleet\/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/out$/;

/** Where what an application says is published, for whoever may subscribe. */
export function messageTopic({
  device,
  application,
  channel,
}: {
  readonly device: string;
  readonly application: string;
  readonly channel: string;
}): string {
  return `fleet/messages/${device}/${application}/${channel}`;
}

/** Every one of these topics. Not `#`: below it a device that is called messages has topics of its own. */
export const messageFilter = messageTopic({ device: '+', application: '+', channel: '+' });

const level = '(\\+|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)';
const filterPattern = new RegExp(`^fleet/messages/${level}/${level}/${level}$`);

/** Whether a filter matches such topics and no others. */
export function isMessageFilter(filter: string): boolean {
  return filterPattern.test(filter);
}

/** Whose batches these are; undefined for another topic. */
export function deviceOfBatchTopic(topic: string): string | undefined {
  return batchPattern.exec(topic)?.[1];
}
