/**
 * How the git program is run, where it is installed. It gets no say in where it goes: it connects to nobody unless it is told to, asks
 * nobody for a password, and runs no hooks.
 */
import type { Dialogue, ProgramResult, Programs, RunOptions } from '../../platform/ports.ts';

/** Of the surroundings, what would lead git elsewhere than it is told. */
export const surroundings = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  LC_ALL: 'C',
};

/** As arguments. */
export function settings(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

const offline = settings({ 'protocol.allow': 'never', 'core.hooksPath': '/dev/null', 'core.fsmonitor': 'false' });

/** Runs it on what is on this machine. */
export function runOffline(
  programs: Pick<Programs, 'run'>,
  args: readonly string[],
  options: Omit<RunOptions, 'environment'>,
): Promise<ProgramResult> {
  return programs.run('git', [...offline, ...args], { ...options, environment: surroundings });
}

/** Starts what answers questions about what is on this machine. */
export function converseOffline(programs: Programs, args: readonly string[], signal: AbortSignal): Dialogue {
  return programs.converse('git', [...offline, ...args], { environment: surroundings, signal });
}
