import { Turn } from '../../platform/turn.ts';
import type { BundledDeployment, ShadowDesired } from '../../schemas/generated/types.ts';
import { deploymentFor, requireInTime, requireSigned } from '../carried/bundle-lease.ts';
import { bundleNetwork, bundleServer } from '../carried/bundle-network.ts';
import { type Bundle, openBundle, requireShortUndamaged, requireUndamaged } from '../carried/open-bundle.ts';
import { takenIn } from '../carried/taken-marks.ts';
import { DownloadError } from '../download/download-error.ts';
import type { BringErrand, Brought, BundleVerdict, Courier, Verdict } from './courier.ts';
import { failureOf } from './failure-of.ts';
import { LocalCourier, type LocalCourierOptions } from './local-courier.ts';

type OnProgress = Parameters<Courier['bring']>[1];

function desiredOf(bundle: Bundle, { sequence, sha256 }: BundledDeployment): ShadowDesired {
  const file = bundle.files.get(`sha256/${sha256}`);
  if (file === undefined)
    throw new DownloadError('BUNDLE_DAMAGED', `${bundle.path} lacks the deployment that it names`);
  return { sequence, blob: { sha256, length: file.length } };
}

/**
 * Does errands in this process, over the network or by a bundle. By the latter all is judged as if it came over the network; its lease stands
 * in for the metadata that only a link could have kept fresh.
 */
export class CarryingCourier implements Courier {
  readonly #options: LocalCourierOptions;
  readonly #local: LocalCourier;

  constructor(options: LocalCourierOptions) {
    this.#options = options;
    this.#local = new LocalCourier(options);
  }

  judge(...[desired, signal]: Parameters<Courier['judge']>): Promise<Verdict> {
    return this.#local.judge(desired, signal);
  }

  answer(...[envelope, signal]: Parameters<Courier['answer']>): ReturnType<Courier['answer']> {
    return this.#local.answer(envelope, signal);
  }

  async judgeBundle(path: string, signal: AbortSignal): Promise<BundleVerdict> {
    try {
      using bundle = openBundle(this.#options.disk, path);
      const desired = desiredOf(bundle, this.#admitted(bundle));
      // What nobody signed may be of any length: no more of it is read than tells so.
      requireShortUndamaged(bundle);
      const courier = await this.#leased(bundle, signal);
      await requireUndamaged(bundle, new Turn(this.#options.clock), signal);
      const verdict = await courier.judge(desired, signal);
      const { device } = this.#options.configuration;
      return verdict.kind === 'genuine' ? { ...verdict, taken: takenIn(bundle, device) } : verdict;
    } catch (error) {
      const { code, message } = failureOf(error).problem;
      return { kind: 'refused', problem: { code, message } };
    } finally {
      this.#local.forgetMetadata();
    }
  }

  hearTime(...told: Parameters<LocalCourier['hearTime']>): void {
    this.#local.hearTime(...told);
  }

  bring(errand: BringErrand, onProgress: OnProgress, signal: AbortSignal): Promise<Brought> {
    if (errand.bundle === undefined) return this.#local.bring(errand, onProgress, signal);
    return this.#bringCarried(errand, errand.bundle, onProgress, signal);
  }

  async #bringCarried(
    errand: BringErrand,
    path: string,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<Brought> {
    const { links: _noLink, exits: _noExit, ...rest } = errand;
    try {
      using bundle = openBundle(this.#options.disk, path);
      this.#admitted(bundle);
      const courier = await this.#leased(bundle, signal);
      return await courier.bring(rest, onProgress, signal);
    } catch (error) {
      return { memory: errand.memory, result: failureOf(error) };
    } finally {
      this.#local.forgetMetadata();
    }
  }

  /** What it has for this device, which its lease lets it install now. */
  #admitted(bundle: Bundle): BundledDeployment {
    const { configuration, time } = this.#options;
    const mine = deploymentFor(bundle, configuration.device);
    requireInTime(bundle, time.nowMs());
    return mine;
  }

  /** A courier that knows nothing but what is in the bundle, whose lease was signed by who may sign deployments. */
  async #leased(bundle: Bundle, signal: AbortSignal): Promise<LocalCourier> {
    const { lan: _neighbours, onWants: _nobody, ...options } = this.#options;
    const { configuration } = options;
    const courier = new LocalCourier({
      ...options,
      configuration: { ...configuration, controller: bundleServer, artifacts: bundleServer },
      network: bundleNetwork(bundle),
      leasedAtMs: Date.parse(bundle.statement.issuedAt),
      orderParcel: async () => undefined,
      wayOut: () => undefined,
      modulesCame: () => {},
      countBytes: () => {},
    });
    requireSigned(bundle, await courier.deploymentKeys(signal));
    return courier;
  }
}
