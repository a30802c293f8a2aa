/** Equal values that many records hold, as one: each row that is read, and each report, brings its own copy of what the whole fleet shares. */
import type { ReportGist } from '../planning/observed.ts';
import type { DeviceRecord } from './records.ts';

/** Values that few records hold are not worth remembering for ever: from time to time it begins anew. */
const keptMax = 10_000;

const noApplications: ReportGist['applications'] = [];

export class SharedValues {
  readonly #values = new Map<string, unknown>();

  /** What a text says, as it was read when it was met first. */
  read<T>(text: string, read: (text: string) => T): T {
    const known = this.#values.get(text);
    return known === undefined ? this.#keep(text, read(text)) : (known as T);
  }

  #keep<T>(text: string, value: T): T {
    if (this.#values.size >= keptMax) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }

  #text(text: string): string {
    return this.read(text, (same) => same);
  }

  #gist(gist: ReportGist): ReportGist {
    const { running, applications } = gist;
    return {
      ...gist,
      ...(running === undefined ? {} : { running: { ...running, revision: this.#text(running.revision) } }),
      applications: applications.length === 0 ? noApplications : applications,
    };
  }

  /** The record, with what others have said too taken from them; `before` is the one in whose place it comes. */
  inRecord(record: DeviceRecord, before?: DeviceRecord): DeviceRecord {
    const { gist, runs } = record;
    if (gist === undefined || (gist === before?.gist && runs === before.runs)) return record;
    return { ...record, gist: this.#gist(gist), ...(runs === undefined ? {} : { runs: this.#text(runs) }) };
  }
}
