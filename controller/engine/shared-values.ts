/** Equal values that many records hold, as one: each row that is read, and each report, brings its own copy of what the whole fleet shares. */
import type { IssuedDeployment, ReportGist } from '../planning/observed.ts';
import type { DeviceRecord } from './records.ts';

/** Values that few records hold are not worth remembering for ever: from time to time it begins anew. */
const keptMax = 10_000;

const noApplications: ReportGist['applications'] = [];

export class SharedValues {
  readonly #values = new Map<string, unknown>();

  #shared<T>(key: string, value: T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    if (this.#values.size >= keptMax) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }

  #text(text: string): string {
    return this.#shared(text, text);
  }

  #issued(issued: IssuedDeployment): IssuedDeployment {
    const { sequence, revision, issuedAt, templateHash, applications, signedBy } = issued;
    const key = JSON.stringify(applications);
    return {
      ...{ sequence, revision: this.#text(revision), issuedAt, templateHash: this.#text(templateHash) },
      applications: this.#shared(key, applications),
      ...(signedBy === undefined ? {} : { signedBy: this.#text(signedBy) }),
    };
  }

  #gist(gist: ReportGist): ReportGist {
    const { running, applications } = gist;
    return {
      ...gist,
      ...(running === undefined ? {} : { running: { ...running, revision: this.#text(running.revision) } }),
      applications: applications.length === 0 ? noApplications : applications,
    };
  }

  /** The record, with what others have too taken from them. */
  inRecord(record: DeviceRecord): DeviceRecord {
    const { issued, gist, runs } = record;
    return {
      ...record,
      ...(issued === undefined ? {} : { issued: this.#issued(issued) }),
      ...(gist === undefined ? {} : { gist: this.#gist(gist) }),
      ...(runs === undefined ? {} : { runs: this.#text(runs) }),
    };
  }
}
