/** The audit of the controller, page by page, and as a file that was exported. */
import type { AuditEntry, AuditPage } from '../schemas/generated/types.ts';
import { isAuditPage } from '../schemas/generated/validators/audit.js';
import { type CommandContext, CommandError } from './command.ts';
import { openController, readAnswer, refusalOf } from './controller-client.ts';

const pageEntries = 1000;

/** Entries behind a number. Throws `CommandError`. */
async function fetchPage(context: CommandContext, after: number, limit: number): Promise<AuditPage> {
  const client = await openController(context);
  const { status, text, answer } = await readAnswer(client, `/api/v1/audit?after=${after}&limit=${limit}`);
  if (status === 200 && isAuditPage(answer)) return answer;
  throw refusalOf(status, text, client);
}

/** The newest entries, oldest first; all that are kept without a count. Throws `CommandError`. */
export async function* fetchAudit(context: CommandContext, count?: number): AsyncGenerator<AuditEntry> {
  const { first, last } = await fetchPage(context, 0, 0);
  const before = count === undefined ? first - 1 : Math.max(first - 1, last - count);
  for (let after = before; after < last; after += pageEntries) {
    const { entries } = await fetchPage(context, after, Math.min(pageEntries, last - after));
    yield* entries;
  }
}

function entryIn(line: string, place: string): AuditEntry {
  try {
    const entry: unknown = JSON.parse(line);
    if (isAuditPage({ first: 1, last: 0, entries: [entry] })) return entry as AuditEntry;
  } catch {
    // Said below.
  }
  throw new CommandError(`${place} is no entry of an audit: fleet audit -o json writes one a line`);
}

/** The entries of a file with one a line. Throws `CommandError`. */
export function auditInFile(file: string, text: string): AuditEntry[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, at) => entryIn(line, `line ${at + 1} of ${file}`));
}
