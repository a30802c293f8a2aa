/** What was done over the API, and who was refused, as whoever asks for it reads it: pages of a chain that ends somewhere. */
import type { AuditHead } from '../../schemas/audit-chain.ts';
import type { AuditEntry, AuditPage } from '../../schemas/generated/types.ts';

/** Of one page. */
export const auditPageMax = 1000;

/** Where the texts of entries lie, by number; those that can't be read are absent, and whoever looks at the chain sees a gap. */
export type ReadEntries = (numbers: readonly number[]) => Promise<readonly string[]>;

function entryIn(text: string): AuditEntry[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

/** The entries behind this number. */
export async function auditPage(
  { first, last }: AuditHead,
  after: number,
  limit: number,
  read: ReadEntries,
): Promise<AuditPage> {
  const from = Math.max(first, after + 1);
  const count = Math.max(0, Math.min(limit, auditPageMax, last - from + 1));
  const numbers = Array.from({ length: count }, (_, at) => from + at);
  const entries = count === 0 ? [] : (await read(numbers)).flatMap(entryIn).sort((a, b) => a.n - b.n);
  return { first, last, entries };
}
