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

/** What `fleet --help` prints. */
export function overview(): string {
  const rows = commandTable.map(({ name, summary }): readonly [string, string] => [name, summary]);
  const codes = Object.entries(exitCodes).map(([name, code]) => `${code} ${exitCodeWords[name as ExitCodeName]}`);
  return `Usage: fleet COMMAND [ARGUMENTS]

Commands:
${columns(rows)}

fleet COMMAND --help tells more of a command.
Exit codes: ${codes.join(', ')}.
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
