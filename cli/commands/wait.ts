import { millisecondsOf } from '../../controller/manifests/duration.ts';
import { rootFile } from '../../controller/publishing/trust-files.ts';
import { SourceError } from '../../controller/source/source-error.ts';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchStatus } from '../fetch-status.ts';
import { type FleetRepository, findFleetRepository } from '../fleet-repository.ts';
import { commitNamed } from '../named-commit.ts';
import { settingsOption } from '../settings.ts';
import { parseTarget, targetText } from '../status-target.ts';
import { maySoonChange, type WantedRevision, waitVerdict } from '../wait-verdict.ts';

const pollMs = 500;

/** `90s`, `5m`, `2h`, `1d` in milliseconds. */
function durationMs(text: string): number {
  if (/^\d+[smhd]$/.test(text)) return millisecondsOf(text);
  throw new CommandError(`--timeout ${text}: write 90s, 5m, 2h or 1d`, exitCodes.usage);
}

/** A commit, and a way to learn which others came after it. */
interface Awaited {
  readonly id: string;
  readonly isBefore: (commit: string) => Promise<boolean>;
}

/** The checkout around the working directory. */
type Checkout = FleetRepository | undefined;

/** The commit that a name means in a fleet's checkout; undefined elsewhere, or where there is no such commit. */
async function commitIn(repository: Checkout, context: CommandContext, name: string): Promise<Awaited | undefined> {
  if (repository === undefined || !context.disk.stat(`${repository.top}/${rootFile(1)}`)) return undefined;
  const { git, engine } = repository;
  try {
    const id = await commitNamed(context, repository, name);
    return {
      id,
      isBefore: async (commit) =>
        (await git.has(commit)) && engine.isAncestor(git.gitDirectory, id, commit, context.signal),
    };
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** The commit that `-r` names, else HEAD of the checkout; undefined where nothing is said and there is no checkout. */
async function awaitedCommit(
  repository: Checkout,
  context: CommandContext,
  name: string | undefined,
): Promise<Awaited | undefined> {
  const here = await commitIn(repository, context, name ?? 'HEAD');
  if (here !== undefined || name === undefined) return here;
  if (!/^[0-9a-f]{7,40}$/.test(name)) {
    const message = `-r ${name}: no fleet's checkout around ${context.directory} has such a commit, and it is no id`;
    throw new CommandError(message, exitCodes.usage);
  }
  return { id: name, isBefore: async () => false };
}

/** The same for one look: the commits that the status names are placed first. */
async function wantedIn({ source }: StatusDocument, { id, isBefore }: Awaited): Promise<WantedRevision> {
  const after = new Set<string>();
  for (const commit of [source.revision?.id, source.tip?.id]) {
    if (commit !== undefined && (commit.startsWith(id) || (await isBefore(commit)))) after.add(commit);
  }
  return { id, isIn: (commit) => after.has(commit) };
}

async function waitFor(
  context: CommandContext,
  look: () => Promise<StatusDocument>,
  awaited: Awaited | undefined,
  timeoutMs: number,
) {
  const begun = context.clock.monotonic();
  const end = begun + timeoutMs;
  let last = 'the controller did not answer';
  let begunAt: string | undefined;
  for (;;) {
    try {
      const status = await look();
      const verdict = waitVerdict(status, awaited && (await wantedIn(status, awaited)));
      if (verdict.kind === 'done') return exitCodes.ok;
      begunAt ??= status.asOf;
      if (verdict.kind === 'stuck' && !maySoonChange(verdict, begunAt, context.clock.monotonic() - begun))
        throw new CommandError(`waiting does not help: ${verdict.why}`, exitCodes.halted);
      last = verdict.why;
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== exitCodes.unreachable) throw error;
      last = error.message;
    }
    if (context.clock.monotonic() >= end) throw new CommandError(`gave up waiting: ${last}`, exitCodes.timeout);
    await context.clock.sleep(pollMs, context.signal);
  }
}

export const waitCommand: Command = {
  name: 'wait',
  summary:
    'wait until devices have converged, on HEAD inside a checkout; ends at once with 4 when waiting does not help',
  arguments: '[fleet/NAME | site/NAME | device/NAME]',
  options: {
    revision: {
      type: 'string',
      short: 'r',
      value: 'REF',
      description:
        "Wait until this commit, or one after it, is in force: any name that git knows in the checkout, or the beginning of an id. HEAD, inside a fleet's checkout.",
    },
    any: { type: 'boolean', description: 'Wait for no commit: whatever is in force counts.' },
    timeout: {
      type: 'string',
      short: 't',
      value: '5m',
      description: 'Give up after this long, with exit code 7 (default 5m).',
    },
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values, flags }) {
    if (positionals.length > 1) throw new CommandError('wait takes one target at most', exitCodes.usage);
    const target = positionals[0] === undefined ? undefined : parseTarget(positionals[0]);
    const timeoutMs = durationMs(values.timeout ?? '5m');
    const isAny = flags.has('any');
    await using repository = isAny ? undefined : await findFleetRepository(context, context.directory);
    const awaited = isAny ? undefined : await awaitedCommit(repository, context, values.revision);
    return await waitFor(
      context,
      () => fetchStatus(context, target === undefined ? {} : { target: targetText(target) }),
      awaited,
      timeoutMs,
    );
  },
};
