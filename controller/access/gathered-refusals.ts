/**
 * Refusals on their way to the audit: the first of a kind at once, what comes like it within some minutes as a count. Whoever
 * floods the door can't push out of the audit, which is bounded, what others did.
 */
import { sourceOf } from '../../platform/source-address.ts';
import type { AuditDeed } from '../../schemas/audit-chain.ts';

/** How long what is alike is gathered. */
export const gatherMs = 600_000;

/** Kinds that are told apart in that time: of callers by name, and of those of whom nothing is known. */
const kindsOfCallersMax = 50;
const kindsOfStrangersMax = 5;

/** What it stands on. */
export interface GathererParts {
  readonly after: (delayMs: number, callback: () => void) => unknown;
  readonly note: (deed: AuditDeed) => void;
}

interface Gathered {
  deed: AuditDeed;
  /** Behind the first. */
  count: number;
}

/** The kind of a refusal: who, from where, what and why not. */
function kindOf({ who, from, what, code }: AuditDeed): string {
  return JSON.stringify([who, sourceOf(from), what, code]);
}

function isStranger({ kind }: AuditDeed): boolean {
  return kind === 'nobody';
}

export class GatheredRefusals {
  readonly #parts: GathererParts;
  #kinds = new Map<string, Gathered>();

  constructor(parts: GathererParts) {
    this.#parts = parts;
  }

  take(deed: AuditDeed): void {
    if (this.#kinds.size === 0) this.#parts.after(gatherMs, () => this.#tell());
    const kind = kindOf(deed);
    const known = this.#kinds.get(kind) ?? this.#crowd(deed);
    if (known !== undefined) {
      known.deed = deed;
      known.count += 1;
      return;
    }
    this.#kinds.set(kind, { deed, count: 0 });
    this.#parts.note(deed);
  }

  /** Where those go for whom there is no room; undefined where there is. */
  #crowd(deed: AuditDeed): Gathered | undefined {
    const isOf = isStranger(deed);
    const ofSame = [...this.#kinds.values()].filter((other) => isStranger(other.deed) === isOf).length;
    if (ofSame < (isOf ? kindsOfStrangersMax : kindsOfCallersMax)) return undefined;
    const key = isOf ? 'strangers' : 'callers';
    const crowd = this.#kinds.get(key) ?? { deed, count: 0 };
    this.#kinds.set(key, crowd);
    return crowd;
  }

  #tell(): void {
    const kinds = this.#kinds;
    this.#kinds = new Map();
    for (const { deed, count } of kinds.values()) if (count > 0) this.#parts.note({ ...deed, count });
  }
}
