/**
 * The agent as a program. `--config FILE` names the configuration, and every key of its section is a flag; `--resolved JSON` is a
 * configuration that was loaded before.
 *
 * Loading configuration takes more memory than the whole agent: where nobody holds a channel to this process it replaces
 * itself, so that what stays is the supervisor alone, under the flags and settings that suit it. Hence nothing of it is loaded before.
 */
import { fileURLToPath } from 'node:url';
import { processLimits } from '../platform/node/process-limits.ts';
import type { AgentConfiguration } from '../schemas/generated/types.ts';
import { allocatorSettings } from './allocator-settings.ts';
import { lackAtStart } from './lack-at-start.ts';
import { nodeFlags } from './node-flags.ts';

const configurationFault = 78;
const isBundled = !import.meta.url.endsWith('.ts');

async function loadConfiguration(args: readonly string[]): Promise<AgentConfiguration> {
  const { resolveAgentConfiguration } = await import('./command/configuration.ts');
  try {
    return await resolveAgentConfiguration(args);
  } catch (error) {
    process.stderr.write(`fleet agent: ${(error as Error).message}\n`);
    process.exit(configurationFault);
  }
}

function becomeSupervisor(configuration: AgentConfiguration): void {
  if (!isBundled || process.send !== undefined || typeof process.execve !== 'function') return;
  const flags = [...new Set([...process.execArgv, ...nodeFlags])];
  const program = [process.execPath, ...flags, fileURLToPath(import.meta.url)];
  const environment = { ...allocatorSettings, ...process.env };
  process.execve(process.execPath, [...program, '--resolved', JSON.stringify(configuration)], environment);
}

/** Before anything is opened or loaded: what runs out of it later ends without a word. */
function endWhereTooSmall(): void {
  const lack = lackAtStart(processLimits());
  if (lack === undefined) return;
  process.stderr.write(`fleet agent: ${lack}\n`);
  process.exit(configurationFault);
}

endWhereTooSmall();
const args = process.argv.slice(2);
let configuration: AgentConfiguration;
if (args[0] === '--resolved') configuration = JSON.parse(args[1] ?? '') as AgentConfiguration;
else {
  configuration = await loadConfiguration(args);
  becomeSupervisor(configuration);
}
const { supervise } = await import('./supervisor.ts');
await supervise(configuration);
