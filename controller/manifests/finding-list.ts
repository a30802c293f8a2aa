/** Collects what is wrong across files; the same thing wrong for many devices is told once and names some of them. */
import type { Finding } from './finding.ts';
import { listNames } from './nearest-name.ts';

/** A finding without its words. */
export type FindingPlace = Pick<Finding, 'file' | 'document' | 'path' | 'part'>;

interface Shared {
  readonly place: FindingPlace;
  readonly code: string;
  compose: (devices: string) => string;
  /** Whose `compose` is taken: the first by name, whoever was looked at first. */
  example: string;
  readonly devices: Set<string>;
}

export class FindingList {
  readonly #single: Finding[] = [];
  readonly #warnings: Finding[] = [];
  readonly #shared = new Map<string, Shared>();

  add(place: FindingPlace, code: string, message: string): void {
    this.#single.push({ ...place, code, message });
  }

  /** Worth a word, and no reason to refuse the revision. */
  warn(place: FindingPlace, code: string, message: string): void {
    this.#warnings.push({ ...place, code, message });
  }

  /** `compose` is given a list like `3 devices (a, b, c)`. `what` tells apart different things at one place. */
  addForDevice(place: FindingPlace, code: string, what: string, device: string, compose: Shared['compose']): void {
    const key = JSON.stringify([place.file, place.document, place.path, code, what]);
    const shared = this.#shared.get(key) ?? { place, code, compose, example: device, devices: new Set() };
    if (device < shared.example) Object.assign(shared, { compose, example: device });
    shared.devices.add(device);
    this.#shared.set(key, shared);
  }

  /** What refuses the revision. */
  errors(): Finding[] {
    const shared = [...this.#shared.values()].map(({ place, code, compose, devices }) => {
      const names = listNames(devices);
      const list = devices.size === 1 ? `device ${names}` : `${devices.size} devices (${names})`;
      return { ...place, code, message: compose(list) };
    });
    return [...this.#single, ...shared].toSorted(compareFindings);
  }

  warnings(): Finding[] {
    return this.#warnings.toSorted(compareFindings);
  }
}

function compareFindings(left: Finding, right: Finding): number {
  const key = ({ file, document, path, code, message }: Finding) =>
    JSON.stringify([file, document, path, code, message]);
  const [leftKey, rightKey] = [key(left), key(right)];
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
}
