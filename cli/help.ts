/** Help texts, made from what the commands say of themselves. */
import { type Command, commonOptions, type OptionSpec } from './command.ts';
import { commandTable } from './command-table.ts';
import { type ExitCodeName, exitCodes, exitCodeWords } from './exit-codes.ts';

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function optionRow([name, { short, type, value, description }]: [string, OptionSpec]): readonly [string, string] {
  const short_ = short === undefined ? '    ' : `-${short}, `;
  const value_ = type === 'boolean' ? '' : ` ${value ?? 'VALUE'}`;
  return [`${short_}--${name}${value_}`, description];
}

function commandRows(entries: typeof commandTable): string {
  return columns(entries.map(({ name, summary }) => [name, summary]));
}

/** What `fleet --help` prints. */
export function overview(): string {
  const codes = Object.entries(exitCodes).map(([name, code]) => `${code} ${exitCodeWords[name as ExitCodeName]}`);
  return `Usage: fleet COMMAND [ARGUMENTS]

Commands:
${commandRows(commandTable)}

fleet COMMAND --help tells more of a command.
Exit codes: ${codes.join(', ')}.
`;
}

/** What `fleet GROUP --help` prints, where commands begin with that word; undefined where none does. */
export function groupHelp(group: string): string | undefined {
  const entries = commandTable.filter(({ name }) => name.startsWith(`${group} `));
  if (entries.length === 0) return undefined;
  return `Usage: fleet ${group} COMMAND [ARGUMENTS]

Commands:
${commandRows(entries)}

fleet ${group} COMMAND --help tells more of a command.
`;
}

/** What `fleet COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...commonOptions }).map(optionRow);
  const positional = command.arguments === '' ? '' : ` ${command.arguments}`;
  return `Usage: fleet ${command.name}${positional} [OPTIONS]

${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.

Options:
${columns(rows)}
`;
}
