import { createHash } from 'node:crypto';
import type { Clock, Log, Network, Random } from '../../platform/ports.ts';
import type { ShadowDesired } from '../../schemas/generated/types.ts';
import { isShadowDesired } from '../../schemas/generated/validators.js';
import { DownloadError } from '../download/download-error.ts';
import type { AgentTime, ReleaseMetadata } from '../download/metadata.ts';
import { RetryPause } from '../download/retry.ts';
import { type CountBytes, fetchSmallFile } from '../download/small-file.ts';
import { type EngineEvent, isDeploymentLost } from './decide.ts';
import { type Judgement, judgeEnvelope } from './judge-envelope.ts';
import { isLinkFailure, problemOf } from './problem-of.ts';
import { envelopeDigest } from './slots.ts';
import type { Memory } from './state.ts';

export interface IntakeOptions {
  readonly device: string;
  readonly network: Network;
  /** URL of the server of blobs, without a slash at its end. */
  readonly artifacts: string;
  readonly metadata: ReleaseMetadata;
  readonly time: AgentTime;
  readonly countBytes: CountBytes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: () => Memory;
  readonly emit: (event: EngineEvent) => void;
}

/** Turns the shadow's desired state, which anybody may have written, into a judged deployment: the newest one only. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #pause: RetryPause;
  #abort = new AbortController();
  /** The digest of what is being judged or was judged last: the shadow repeats itself at every reconnect. */
  #digest: string | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#pause = new RetryPause(options.clock, options.random);
  }

  /** Something is desired; what was desired before and is not judged yet no longer matters. */
  consider(desired: unknown): void {
    const { memory, emit } = this.#options;
    if (!isShadowDesired(desired)) {
      const [first] = isShadowDesired.errors ?? [];
      const message = `the desired state of the shadow: ${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
      emit({ kind: 'refused', problem: { code: 'DESIRED_MALFORMED', message } });
      return;
    }
    const digest = desired.envelope === undefined ? desired.blob?.sha256 : envelopeDigest(desired.envelope);
    if (digest === undefined) return;
    const isLost = isDeploymentLost(memory());
    if (!isLost && (digest === memory().highest.envelope || digest === this.#digest)) return;
    this.stop();
    this.#digest = digest;
    this.#abort = new AbortController();
    void this.#run(desired, this.#abort.signal);
  }

  stop(): void {
    this.#abort.abort();
    this.#digest = undefined;
  }

  /** The link came back: try now. */
  nudge(): void {
    this.#pause.nudge();
  }

  async #run(desired: ShadowDesired, signal: AbortSignal): Promise<void> {
    const { emit, log } = this.#options;
    for (let failures = 1; ; failures++) {
      try {
        const text = await this.#envelope(desired, signal);
        const judgement = await this.#judge(text, signal);
        if (!signal.aborted) this.#tell(judgement, text, desired);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const problem = problemOf(error, 'METADATA', desired.sequence);
        log.write('debug', 'intake.failed', { sequence: desired.sequence, code: problem.code, failures, error });
        if (!isLinkFailure(error)) emit({ kind: 'refused', problem });
      }
      try {
        await this.#pause.wait(failures, signal);
      } catch {
        return;
      }
    }
  }

  async #envelope({ envelope, blob }: ShadowDesired, signal: AbortSignal): Promise<string> {
    if (envelope !== undefined || blob === undefined) return envelope ?? '';
    const { network, artifacts, countBytes } = this.#options;
    const url = `${artifacts}/sha256/${blob.sha256}`;
    const bytes = await fetchSmallFile(network, url, blob.length, countBytes, signal);
    if (bytes === undefined) throw new DownloadError('ARTIFACT_MISSING', 'the server does not have the deployment');
    if (bytes.length !== blob.length || createHash('sha256').update(bytes).digest('hex') !== blob.sha256) {
      throw new DownloadError('ARTIFACT_DAMAGED', 'the deployment does not have the digest that the shadow names');
    }
    return Buffer.from(bytes).toString('utf8');
  }

  /** With the keys that are known; if none of them signed it, with those that newer metadata names. */
  async #judge(text: string, signal: AbortSignal): Promise<Judgement> {
    const { metadata, device } = this.#options;
    const judgement = judgeEnvelope(text, metadata.deploymentKeys(), device);
    if (judgement.kind !== 'unknown-signer') return judgement;
    await metadata.refresh([], signal);
    return judgeEnvelope(text, metadata.deploymentKeys(), device);
  }

  #tell(judgement: Judgement, envelope: string, desired: ShadowDesired): void {
    const { emit, time } = this.#options;
    if (judgement.kind !== 'genuine') {
      // Nobody vouches for the sequence outside of the envelope, but it tells which offer this is about.
      emit({ kind: 'refused', problem: { sequence: desired.sequence, ...judgement.problem } });
      return;
    }
    const { sequence, revision, probationSeconds, issuedAt } = judgement.deployment;
    time.raise(Date.parse(issuedAt));
    emit({
      kind: 'offered',
      slot: { sequence, revision, probationSeconds, envelope: envelopeDigest(envelope) },
      envelope,
    });
  }
}
