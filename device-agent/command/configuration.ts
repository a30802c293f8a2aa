import { loadConfiguration } from '../../platform/node/configuration.ts';
import { parseProgramArguments } from '../../platform/node/program-arguments.ts';
import type { AgentConfiguration } from '../../schemas/generated/types.ts';

/** The agent's configuration from `--config FILE` (else from here, the user's own directory, or /etc/fleet) and flags. */
export async function resolveAgentConfiguration(args: readonly string[]): Promise<AgentConfiguration> {
  const { file, flags, unknown } = parseProgramArguments(args);
  if (unknown.length > 0) throw new Error(`cannot read ${unknown.join(' ')}; write --config FILE or --KEY VALUE`);
  const { value, warnings } = await loadConfiguration('agent', {
    directory: process.cwd(),
    ...(file === undefined ? {} : { file }),
    flags,
    environment: process.env,
  });
  for (const warning of warnings) process.stderr.write(`fleet agent: ${warning}\n`);
  return value;
}
