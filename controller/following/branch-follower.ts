/**
 * Follows one branch: judges what is new on it, publishes what is valid, and makes it the revision in force. Whatever goes
 * wrong, the revision in force stays until another one is found valid.
 */
import { Turn } from '../../platform/turn.ts';
import type { Problem, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { FleetTree } from '../manifests/fleet-tree.ts';
import { desiredOf } from '../manifests/manifest-state.ts';
import { passedOver } from '../manifests/passed-over.ts';
import type { PublisherJudgement } from '../publishing/publisher.ts';
import type { History } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';
import type { BranchFollowerParts } from './follower-parts.ts';
import { type Acceptance, judgeAcceptance } from './held-tip.ts';
import { judgePolicies } from './judge-policies.ts';
import { JudgedKeeper } from './judged-keeper.ts';
import { keepingBlobs, type ReadBlob } from './manifest-reader.ts';
import { lineOf } from './problem-line.ts';
import {
  judgeRevision,
  noRevision,
  problemsOf,
  type Reading,
  type RevisionStep,
  stepTo,
  treeAfter,
  type ValidRevision,
} from './revision-in-force.ts';
import { adopted, answered, initialSourceState, pending, refused, unreachable, withoutCommit } from './source-state.ts';
import { takeUp } from './take-up.ts';
import { refusedFile, tooLargeFiles } from './unreadable-files.ts';

/** A look that takes longer is told of: until it ends, no commit is followed. */
const lookMsMax = 5 * 60_000;

function countOf({ length }: readonly Problem[]): string {
  return `${length} ${length === 1 ? 'problem' : 'problems'} in its files`;
}

export class BranchFollower {
  readonly #parts: BranchFollowerParts;
  readonly #stopping = new AbortController();
  readonly #keeper: JudgedKeeper;
  /** For signed metadata, so that a restart does not need the repository. */
  readonly #readTrust: ReadBlob;
  #hasLooked = false;
  /** The trouble that this program told of last, while it lasts. */
  #told: string | undefined;
  #inForce: ValidRevision = noRevision;
  #source: SourceStatus;
  /** Since the last look somebody said that the branch moved. */
  #isPushed = false;
  #looking: Promise<void> | undefined;
  #lookingAgain: Promise<void> | undefined;

  constructor(parts: BranchFollowerParts) {
    this.#parts = parts;
    this.#keeper = new JudgedKeeper(parts.judged, parts.clock, parts.log);
    this.#readTrust = keepingBlobs(parts.cache, parts.source.readBlob);
    const { location, branch } = parts.source;
    this.#source = { ...initialSourceState(location, branch), ...parts.memory.source, location, branch };
  }

  get #reading(): Reading {
    const { cache, source, clock } = this.#parts;
    return { cache, readBlob: source.readBlob, turn: new Turn(clock) };
  }

  get inForce(): ValidRevision {
    return this.#inForce;
  }

  get status(): SourceStatus {
    return this.#source;
  }

  /**
   * Takes up what was in force before the restart. When that can't be done (a damaged mirror, a stricter version of this
   * program), nothing is in force until the next poll finds something valid; no device is told anything meanwhile.
   */
  async resume(): Promise<void> {
    const { revision } = this.#parts.memory;
    if (revision === undefined) return;
    try {
      await this.#takeUp(revision);
    } catch (error) {
      if (!(error instanceof SourceError)) return this.#complain('revision.not-resumed', error);
      await this.#takeUpAnew(revision).catch((again: unknown) => this.#complain('revision.not-resumed', again));
    }
  }

  /** A poll makes a damaged mirror anew. */
  async #takeUpAnew(revision: RevisionStatus): Promise<void> {
    await this.#parts.source.poll(this.#stopping.signal, { judged: revision.id, inForce: revision.id });
    await this.#takeUp(revision);
  }

  async #takeUp(info: RevisionStatus): Promise<void> {
    const { publisher, memory, demand } = this.#parts;
    const { revision, catalogue } = await takeUp(this.#parts, info, this.#keeper, this.#reading, this.#readTrust);
    this.#inForce = revision;
    const desired = desiredOf(revision.state);
    await memory.resume(info.id, desired);
    publisher.resume(catalogue, demand(desired));
  }

  /**
   * Looks at the branch. Calls during a look become one look after it: what they know of may have come too late for this one.
   * After a push, a server that did not answer is asked again sooner.
   */
  look(isPushed = false): Promise<void> {
    this.#isPushed ||= isPushed;
    if (this.#looking !== undefined) {
      this.#lookingAgain ??= this.#looking.then(() => {
        this.#lookingAgain = undefined;
        return this.#stopping.signal.aborted ? undefined : this.look();
      });
      return this.#lookingAgain;
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** See `judgeAcceptance`. Durable when it resolves; a look brings the tip into force. */
  async accept(name: string): Promise<Acceptance> {
    const { memory, log } = this.#parts;
    const before = this.#source.revision?.id;
    const acceptance = judgeAcceptance(this.#source, name);
    if (acceptance.kind === 'not-held') return acceptance;
    const { id, subject } = acceptance.revision;
    await memory.accept(id);
    log.write('info', 'source.accepted', { revision: id, subject, before });
    void this.look();
    return acceptance;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    await this.#keeper.stop();
  }

  /**
   * The tip that was judged to its end. One that was refused is judged again after a silence, to say again why, and after a
   * restart, with a program or a configuration that may see it otherwise. What is refused for its signature and not for its
   * files is judged at every look: it comes into force when the list of signers is mended, without another commit.
   */
  #judged(): string | undefined {
    const { state, tip, revision, problems } = this.#source;
    if (this.#inForce.info === undefined && !this.#hasLooked) return undefined;
    const isForItsFiles = problems.length > 0 && this.#hasLooked;
    const isOpen = state === 'unreachable' ? tip?.id !== revision?.id : state === 'refused' && !isForItsFiles;
    return isOpen || state === 'pending' ? undefined : tip?.id;
  }

  async #look(): Promise<void> {
    const { source, clock } = this.#parts;
    const minutes = lookMsMax / 60_000;
    const silence = `the look at it that began ${minutes} min ago has not ended: its server, or the artifact store, takes long or is silent`;
    using _slow = clock.after(lookMsMax, () => this.#miss('source.silent', 'LOOK_SILENT', silence));
    try {
      // What devices follow, also when it could not be taken up after a restart.
      const inForce = this.#inForce.info?.id ?? this.#source.revision?.id;
      const isPushed = this.#isPushed;
      this.#isPushed = false;
      const known = { judged: this.#judged(), inForce, accepted: this.#parts.memory.accepted, isPushed };
      const news = await source.poll(this.#stopping.signal, known);
      this.#hasLooked = true;
      switch (news.kind) {
        case 'tip':
          return await this.#consider(news.revision, news.history);
        case 'unchanged':
          return this.#note(answered(this.#source, clock.now()));
        case 'empty':
          return this.#note(withoutCommit(this.#source, clock.now()));
        case 'refused':
          return this.#refuse(news.revision, `${news.message} (${news.code})`, refusedFile(news));
        case 'branch-missing':
          return this.#miss('source.branch-missing', 'BRANCH_MISSING', news.message);
        case 'unreachable':
          return this.#miss('source.unreachable', news.code, news.message);
        default:
          news satisfies never;
      }
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#note(unreachable(this.#source, reason, clock.now()));
      this.#tell(`failed: ${reason}`, 'source.failed', { error });
    }
  }

  async #consider(info: RevisionStatus, history: History): Promise<void> {
    const { publisher, source } = this.#parts;
    const reading = this.#reading;
    const step = await stepTo(source, this.#inForce, info, reading.turn);
    const tree = await treeAfter(step, reading.turn);
    try {
      const { catalogue, problems, notes } = await publisher.judge(tree, this.#readTrust);
      await reading.turn.rest();
      const judged = await judgeRevision(step, tree, catalogue, reading);
      const found = [...problems, ...(await problemsOf(judged, step, tree, { publisher, readBlob: source.readBlob }))];
      if (judged.kind === 'refused' || found.length > 0) return this.#refuse(info, countOf(found), found);
      const policy = await judgePolicies(step, judged, { parts: this.#parts, turn: reading.turn });
      if (policy.problems.length > 0) return this.#refuse(info, 'over what a policy allows', policy.problems);
      await publisher.publish(tree, catalogue, this.#readTrust, this.#parts.demand(desiredOf(judged.revision.state)));
      const told = [...judged.warnings, ...policy.notes, ...notes];
      await this.#adopt(judged.revision, step, history, judged.affected, told);
    } catch (error) {
      const unreadable = tooLargeFiles(error, tree.files);
      if (unreadable.length > 0) return this.#refuse(info, countOf(unreadable), unreadable);
      if (error instanceof SourceError) throw error;
      this.#postpone(info, error);
    }
  }

  async #adopt(
    revision: ValidRevision,
    step: RevisionStep,
    history: History,
    affected: ReadonlySet<string>,
    notes: PublisherJudgement['notes'],
  ): Promise<void> {
    const { memory, cache, clock, log } = this.#parts;
    const { info, before, changes } = step;
    const unread = this.#tellPassedOver(info, revision);
    const source = adopted(this.#source, info, [...unread, ...notes], clock.now());
    await memory.adopt({ revision: info, source, desired: desiredOf(revision.state), affected });
    this.#inForce = revision;
    // What was told of the revision before is not told again.
    const told = new Set(this.#source.notes?.map(lineOf));
    const from = before.info && { revision: before.info.id, changes: changes.files };
    await cache.keepFiles(info.id, revision.files, this.#reading.turn, from);
    this.#keeper.note({ id: info.id, tree: revision, state: revision.state }, changes.files.length, affected.size);
    this.#note(source);
    log.write('debug', 'revision.history', { revision: info.id, history });
    for (const { file, code, message } of notes.filter((note) => !told.has(lineOf(note)))) {
      log.write('warn', 'revision.note', { revision: info.id, file, code, message });
    }
  }

  /** Valid, and can't be followed yet: the next look tries again. */
  #postpone(tip: RevisionStatus, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#note(pending(this.#source, tip, `can't be followed yet: ${reason}`, this.#parts.clock.now()));
    this.#tell(`${tip.id} ${reason}`, 'revision.not-followed', { revision: tip.id, reason });
  }

  /** What `fleet validate` warns of, in the same words: git holds it, and nobody reads it. */
  #tellPassedOver(info: RevisionStatus, { odd, unread }: FleetTree): readonly Problem[] {
    const warnings = passedOver(odd, unread);
    const [first] = warnings;
    if (first === undefined) return [];
    const fields = { revision: info.id, entries: warnings.length, first: `${first.file} ${first.message}` };
    this.#tell(`passed over ${warnings.map(({ file }) => file).join()}`, 'revision.passed-over', fields);
    return warnings;
  }

  #refuse(tip: RevisionStatus, message: string, problems: SourceStatus['problems']): void {
    this.#note(refused(this.#source, tip, message, problems, this.#parts.clock.now()));
    const [first] = problems;
    const fields = { revision: tip.id, subject: tip.subject, reason: message, ...(first && { first: lineOf(first) }) };
    this.#tell(`${tip.id} ${message}`, 'revision.refused', fields);
  }

  /** The words change from try to try: it is told again only for another code. */
  #miss(event: string, code: string, message: string): void {
    this.#note(unreachable(this.#source, message, this.#parts.clock.now()));
    this.#tell(code, event, { code, reason: message });
  }

  /** Says a trouble once, however long it lasts; status tells since when. */
  #tell(trouble: string, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#told === trouble) return;
    this.#told = trouble;
    this.#parts.log.write('warn', event, fields);
  }

  #note(next: SourceStatus): void {
    if (this.#source.state === 'unreachable' && next.state !== 'unreachable') {
      this.#parts.log.write('info', 'source.reached');
    }
    if (next.state === 'current' || next.state === 'empty') this.#told = undefined;
    this.#source = next;
    this.#parts.memory.note(next);
  }

  #complain(event: string, error: unknown): void {
    this.#parts.log.write('error', event, { error });
  }
}
