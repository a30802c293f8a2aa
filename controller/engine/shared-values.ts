/** Equal values that many records hold, as one: each row that is read brings its own copy of what the whole fleet shares. */
import type { DeviceRecord } from './records.ts';

/** Values that only few records hold are not worth remembering for ever. */
const keptMax = 10_000;

export class SharedValues {
  readonly #values = new Map<string, unknown>();

  #shared<T>(key: string, value: T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    if (this.#values.size < keptMax) this.#values.set(key, value);
    return value;
  }

  #text(text: string): string {
    return this.#shared(`"${text}`, text);
  }

  /** The record, with what others have too taken from them. */
  inRecord(record: DeviceRecord): DeviceRecord {
    const { issued } = record;
    if (issued === undefined) return record;
    const { revision, templateHash, signedBy, applications } = issued;
    const shared = {
      ...issued,
      revision: this.#text(revision),
      templateHash: this.#text(templateHash),
      applications: this.#shared(JSON.stringify(applications), applications),
      ...(signedBy === undefined ? {} : { signedBy: this.#text(signedBy) }),
    };
    return { ...record, issued: shared };
  }
}
