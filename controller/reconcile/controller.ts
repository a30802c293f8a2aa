/**
 * The loop over the other rooms: what git wants, what devices say, and what follows. One thing at a time; everything is
 * durable before the next room learns of it, so that a stop at any instant loses nothing and repeats nothing.
 *
 *     repository ─poll─► judge ─► publish ─► keep ─► plan ─► issue ─► shadow ─► device
 *                          │                          ▲                           │
 *                       refused: what is in force     └────────── report ◄────────┘
 *                       stays in force
 */
import type { Clock, Log } from '../../platform/ports.ts';
import type { BrokerStatus, Refusal, StatusDocument } from '../../schemas/generated/types.ts';
import { type AuthorizeDevice, authorizeByFleet } from '../authority/authorization.ts';
import type { DeviceStore, KeyValueStore } from '../devices/device-store.ts';
import type { Shadows } from '../doors/mqtt/shadows.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { desiredOf } from '../manifests/manifest-state.ts';
import { planDevice } from '../planning/plan-device.ts';
import { statusDocument } from '../planning/status-document.ts';
import { type Adoption, BranchFollower, type Publisher, type RevisionSource } from './branch-follower.ts';
import { desiredShadow, type Issuing, issueDeployment } from './issue-deployment.ts';
import { neededArtifacts, wantedReleases } from './needed-artifacts.ts';
import { noRevision } from './revision-in-force.ts';
import { takeReport } from './take-report.ts';

/** The other rooms. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: RevisionSource;
  readonly publisher: Publisher;
  readonly devices: DeviceStore;
  readonly values: KeyValueStore;
  readonly shadows: Shadows;
  readonly issuing: Issuing;
  /** Asks the broker to judge its connections again, the open ones too, by the devices that git names now. */
  readonly reauthorize: (devices: DesiredFleet['devices']) => void;
  /** Whether an external broker is there. */
  readonly brokerStatus?: () => BrokerStatus;
}

export interface Controller {
  /** Takes up what was in force, then follows the branch whenever `poll` is called. */
  start(): Promise<void>;
  /** Looks at the branch; concurrent calls become one. */
  poll(): Promise<void>;
  status(): StatusDocument;
  /** Frees artifacts that nobody needs any more. */
  collectGarbage(): void;
  readonly authorize: AuthorizeDevice;
  readonly knowsDevice: (device: string) => boolean;
  readonly onRefusal: (refusal: Omit<Refusal, 'at'>) => void;
  stop(): Promise<void>;
}

class ReconcilingController implements Controller {
  readonly #parts: ControllerParts;
  readonly #stopping = new AbortController();
  readonly #branch: BranchFollower;
  #desired: DesiredFleet = desiredOf(noRevision.state);

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    const { clock, log, source, publisher, values, devices } = parts;
    this.#branch = new BranchFollower({
      ...{ clock, log, source, publisher, values },
      heldReleases: () => neededArtifacts(devices).releases,
      onAdopted: (adoption) => this.#adopted(adoption),
    });
  }

  readonly authorize: AuthorizeDevice = (device, fingerprint) =>
    authorizeByFleet(this.#desired.devices)(device, fingerprint);

  readonly knowsDevice = (device: string): boolean => this.#desired.devices.has(device);

  readonly onRefusal = (refusal: Omit<Refusal, 'at'>): void => {
    this.#parts.devices.recordRefusal({ at: new Date(this.#parts.clock.now()).toISOString(), ...refusal });
  };

  async start(): Promise<void> {
    const { shadows, clock, devices, log, reauthorize } = this.#parts;
    await this.#branch.resume();
    this.#desired = desiredOf(this.#branch.inForce.state);
    if (this.#branch.inForce.info !== undefined) reauthorize(this.#desired.devices);
    await shadows.start({
      onReported: (device, reported) => {
        if (this.#stopping.signal.aborted) return;
        takeReport(devices, device, reported, clock.now());
        // Not within the transaction in which the report is taken.
        Promise.resolve([device])
          .then((names) => this.#reconsider(names))
          .catch((error: unknown) => log.write('error', 'reconcile.failed', { error }));
      },
      onContact: (device, connected) => devices.recordContact(device, clock.now(), connected),
    });
    // What was issued but perhaps not handed over before the stop is handed over now; for all others this changes nothing.
    for (const device of this.#desired.devices.keys()) await this.#handOver(device);
    await this.#sweep();
    await this.#reconsider(this.#desired.devices.keys());
  }

  poll(): Promise<void> {
    return this.#branch.look();
  }

  status(): StatusDocument {
    const { devices, clock, brokerStatus } = this.#parts;
    return statusDocument({
      ...(brokerStatus && { broker: brokerStatus() }),
      desired: this.#desired,
      observe: (device) => devices.observed(device),
      heard: devices.names(),
      source: this.#branch.status,
      refusals: devices.refusals(),
      now: clock.now(),
    });
  }

  collectGarbage(): void {
    const { publisher, devices, log } = this.#parts;
    const needed = neededArtifacts(devices);
    const files = publisher.collect(needed, { wanted: wantedReleases(this.#desired), held: needed.releases });
    if (files > 0) log.write('info', 'publishing.collected', { files });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#branch.stop();
    await this.#parts.shadows.stop();
  }

  /** Devices that git does not name any more lose their shadow; without a revision nobody knows which these are. */
  async #sweep(): Promise<void> {
    const { devices, shadows } = this.#parts;
    if (this.#branch.inForce.info === undefined) return;
    for (const device of devices.names()) if (!this.knowsDevice(device)) await shadows.remove(device);
  }

  async #adopted({ affected, isFirst }: Adoption): Promise<void> {
    const { shadows, reauthorize } = this.#parts;
    const returning = [...affected].filter((device) => !this.knowsDevice(device));
    this.#desired = desiredOf(this.#branch.inForce.state);
    reauthorize(this.#desired.devices);
    if (isFirst) await this.#sweep();
    else for (const device of affected) if (!this.knowsDevice(device)) await shadows.remove(device);
    await this.#reconsider(affected);
    // One that comes back lost its shadow when it went, and may want just what it was issued then.
    for (const device of returning) await this.#handOver(device);
  }

  /** Plans these devices again and issues what they should get now. */
  async #reconsider(names: Iterable<string>): Promise<void> {
    const { clock, devices, issuing } = this.#parts;
    const revision = this.#branch.inForce.info?.id;
    if (revision === undefined) return;
    for (const name of names) {
      const device = this.#desired.devices.get(name);
      if (device === undefined) continue;
      const decision = planDevice(device, devices.observed(name));
      if (decision.kind !== 'deploy') continue;
      issueDeployment(issuing, device, revision, clock.now());
      await this.#handOver(name);
    }
  }

  async #handOver(device: string): Promise<void> {
    const desired = desiredShadow(this.#parts.issuing, device);
    if (desired !== undefined) await this.#parts.shadows.setDesired(device, desired);
  }
}

/** The controller over its rooms; nothing happens before `start`. */
export function createController(parts: ControllerParts): Controller {
  return new ReconcilingController(parts);
}
