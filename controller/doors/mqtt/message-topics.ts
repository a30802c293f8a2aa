/** Topics of what devices' applications say to the shore, besides those of one device in `batchTopics`. */

/** What the controller hears all devices' batches at. */
export const batchFilter = 'fleet/+/out';

const batchPattern = /^fleet\/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/out$/;

/** Whose batches these are; undefined for another topic. */
export function deviceOfBatchTopic(topic: string): string | undefined {
  return batchPattern.exec(topic)?.[1];
}
