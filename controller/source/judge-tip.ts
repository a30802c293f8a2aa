/** May the tip of a branch come into force? By its place in history, and by its signature. */
import { parseAllowedSigners } from './allowed-signers.ts';
import { type Commit, parseCommit } from './commit.ts';
import { judgeSignature, type SignatureJudgement } from './commit-signature.ts';
import type { Repository } from './repository.ts';
import type { AllowedSignersFile, History, KnownBranch, SourceEvent, SourceOptions } from './source.ts';
import { messageOf } from './source-error.ts';

/** Folders beside the files of a work tree that no commit holds. */
const neverCommitted = /^\.(git|fleet)\//;

/** What the path of an allowed-signers file means: one among the files of the local repository that it guards is read from git. */
export function allowedSignersFile(
  repository: string,
  path: string,
  readText: (path: string) => string,
): AllowedSignersFile {
  const within = path.startsWith(`${repository}/`) ? path.slice(repository.length + 1) : undefined;
  if (within === undefined || neverCommitted.test(within)) return { kind: 'outside', read: () => readText(path) };
  return { kind: 'inside', path: within };
}

/** A tip, with its place in history. */
export interface PlacedTip {
  readonly commit: Commit;
  readonly history: History;
}

function nameOf({ status }: Commit): string {
  return `${status.id.slice(0, 12)} "${status.subject}"`;
}

/** The commit whose list of signers counts: one that is trusted already, and the tip itself only when nothing is. */
async function listKeeper(repository: Repository, tip: string, known: KnownBranch): Promise<string> {
  const { inForce, accepted } = known;
  return inForce === undefined || accepted === tip || !(await repository.has(inForce)) ? tip : inForce;
}

async function listAt(repository: Repository, keeper: string, path: string): Promise<() => string> {
  const bytes = await repository.readFile(keeper, path);
  return () => {
    if (bytes !== undefined) return new TextDecoder().decode(bytes);
    throw new Error(`commit ${keeper.slice(0, 12)} holds no ${path}; fleet source accept takes one that brings it`);
  };
}

/** When the commit was made at the earliest that a tip comes after, in seconds. */
async function earliest(repository: Repository, tip: string, { inForce }: KnownBranch): Promise<number | undefined> {
  if (inForce === undefined || inForce === tip || !(await repository.has(inForce))) return undefined;
  return parseCommit(inForce, await repository.readObject(inForce, 'commit')).committedAtSeconds;
}

/** Judges the signature of a tip against the list that counts. */
export async function judgeTipSignature(
  file: AllowedSignersFile,
  repository: Repository,
  commit: Commit,
  known: KnownBranch,
): Promise<SignatureJudgement> {
  const tip = commit.status.id;
  const notBeforeSeconds = await earliest(repository, tip, known);
  if (file.kind === 'outside') return judgeSignature(commit, file.read, notBeforeSeconds);
  const keeper = await listKeeper(repository, tip, known);
  const judgement = judgeSignature(commit, await listAt(repository, keeper, file.path), notBeforeSeconds);
  const [parent] = commit.parents;
  // A commit that takes its own signer off the list came into force by the list before it.
  if (judgement.kind === 'trusted' || tip !== known.inForce || parent === undefined) return judgement;
  if (!(await repository.has(parent))) return judgement;
  const before = judgeSignature(commit, await listAt(repository, parent, file.path));
  return before.kind === 'trusted' ? before : judgement;
}

/** Why no commit could be judged by the list that a tip brings; undefined where one could. */
async function listRefusal(file: AllowedSignersFile, repository: Repository, tip: string): Promise<string | undefined> {
  if (file.kind === 'outside') return undefined;
  const bytes = await repository.readFile(tip, file.path);
  const what = `commit ${tip.slice(0, 12)} is signed as it should be, but`;
  if (bytes === undefined) return `${what} takes ${file.path} away, by which those after it would be judged`;
  try {
    if (parseAllowedSigners(new TextDecoder().decode(bytes)).length > 0) return undefined;
    return `${what} leaves nobody in ${file.path}, by which those after it would be judged`;
  } catch (error) {
    return `${what} those after it could not be judged: ${messageOf(error)}`;
  }
}

async function rewriteRefusal(
  { commit }: PlacedTip,
  repository: Repository,
  branch: string,
  inForce: string,
): Promise<string> {
  const before = (await repository.has(inForce))
    ? nameOf(parseCommit(inForce, await repository.readObject(inForce, 'commit')))
    : inForce.slice(0, 12);
  const what = `${branch} was rewritten: ${nameOf(commit)} does not come after ${before}, which stays in force`;
  return `${what}; look at it, and take it with: fleet source accept ${commit.status.id.slice(0, 12)}`;
}

/** What a tip comes to. */
export async function judgeTip(
  options: SourceOptions,
  repository: Repository,
  tip: PlacedTip,
  known: KnownBranch,
): Promise<SourceEvent> {
  const { commit, history } = tip;
  const revision = commit.status;
  const refuse = (code: string, message: string): SourceEvent => ({
    kind: 'refused',
    ...{ revision, history, code, message },
  });
  const signature =
    options.allowedSigners && (await judgeTipSignature(options.allowedSigners, repository, commit, known));
  if (signature?.kind === 'refused') return refuse(signature.code, signature.message);
  const lost = options.allowedSigners && (await listRefusal(options.allowedSigners, repository, revision.id));
  if (lost !== undefined) return refuse('ALLOWED_SIGNERS', lost);
  const isHeld = history === 'rewritten' && options.rewrites !== 'follow' && known.accepted !== revision.id;
  if (isHeld) return refuse('REWRITTEN', await rewriteRefusal(tip, repository, options.branch, known.inForce!));
  return { kind: 'tip', revision, history, ...(signature && { signedBy: signature.principal }) };
}
