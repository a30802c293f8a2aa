import { printableDeep } from '../../platform/printable.ts';
import { chainFault } from '../../schemas/audit-chain.ts';
import type { AuditEntry } from '../../schemas/generated/types.ts';
import { auditInFile, fetchAudit } from '../audit-client.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { styleFor } from '../render/style.ts';
import { absolutePath } from '../repository.ts';
import { wantsJson } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';

const countDefault = 50;
const countMax = 1_000_000;

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= countMax) return count;
  throw new CommandError(`-n ${text}: write a number from 1 to ${countMax}`, exitCodes.usage);
}

/** What is wrong with a chain whose entries come one by one. */
class ChainCheck {
  #before: AuditEntry | undefined;
  fault: string | undefined;

  take(entry: AuditEntry): void {
    this.fault ??= chainFault(entry, this.#before);
    this.#before = entry;
  }
}

/** `2026-12-01T09:30:00Z  ada  done     actOnRollout pause fleet/ships: a swell (192.0.2.1)`. */
function lineOf(context: CommandContext, entry: AuditEntry): string {
  const style = styleFor(context.color);
  const { at, who, says, outcome, what, about, why, message, count, from, code } = printableDeep(entry);
  const name = says === undefined ? who : `${says} by ${who}`;
  const reason = message ?? why;
  const deed = [what, about].filter((part) => part !== undefined).join(' ');
  const times = count === undefined ? '' : ` ${count} times`;
  const words = `${deed}${times}${reason === undefined || reason === '' ? '' : `: ${reason}`}`;
  const tail = style('dim', `${code === undefined ? '' : `${code} `}from ${from}`);
  return `${at.slice(0, 19)}Z  ${style('bold', name)}  ${outcome}  ${words}  ${tail}\n`;
}

function verify(context: CommandContext, file: string): ExitCode {
  const entries = auditInFile(file, new TextDecoder().decode(context.disk.readFile(absolutePath(context, file))));
  const check = new ChainCheck();
  for (const entry of entries) check.take(entry);
  if (check.fault !== undefined) throw new CommandError(`${file} is not as it was written: ${check.fault}`);
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) throw new CommandError(`${file} has no entry`);
  context.stdout.write(
    `entries ${first.n} to ${last.n} follow each other, and none was changed; the newest is ${last.at}, ${last.digest}\n`,
  );
  return exitCodes.ok;
}

async function show(context: CommandContext, isJson: boolean, count: number | undefined): Promise<ExitCode> {
  const check = new ChainCheck();
  for await (const entry of fetchAudit(context, count)) {
    check.take(entry);
    context.stdout.write(isJson ? `${JSON.stringify(entry)}\n` : lineOf(context, entry));
  }
  if (check.fault !== undefined) throw new CommandError(`the audit is not as it was written: ${check.fault}`);
  return exitCodes.ok;
}

export const auditCommand: Command = {
  name: 'audit',
  summary: 'what was done over the API, by whom and why, and who was refused; newest last',
  arguments: '',
  options: {
    lines: {
      ...{ type: 'string', short: 'n', value: '50' },
      description: 'So many at most, the newest (default 50; with -o json all that are kept).',
    },
    output: {
      ...{ type: 'string', short: 'o', value: 'json' },
      description: 'One JSON object a line: AuditEntry in schemas/audit.schema.json.',
    },
    verify: {
      ...{ type: 'string', value: 'FILE' },
      description:
        'Whether in a file that -o json wrote nothing is missing and nothing was changed; asks no controller.',
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { values }) {
    if (values.verify !== undefined) return verify(context, values.verify);
    const isJson = wantsJson(values);
    const count = values.lines === undefined ? undefined : countOf(values.lines);
    return show(context, isJson, count ?? (isJson ? undefined : countDefault));
  },
};
