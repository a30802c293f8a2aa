/** What devices of a transcript wait for before they activate what they were sent, judged as a device judges it. */
import { gatesOf } from '../../device-agent/interlocks/gates.ts';
import { LinkHours } from '../../device-agent/interlocks/link-hours.ts';
import type { Senses } from '../../device-agent/interlocks/senses.ts';
import type { Consent, Deployment, Waiting } from '../../schemas/generated/types.ts';
import { SimSurroundings } from '../sim/sim-surroundings.ts';

interface Aboard {
  readonly surroundings: SimSurroundings;
  consent?: Consent;
}

const factPath = (name: string): string => `/var/lib/fleet/agent/facts.d/${name}`;

export class DeviceGates {
  readonly #nowMs: () => number;
  readonly #newest = new Map<string, Deployment>();
  readonly #aboard = new Map<string, Aboard>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A deployment was signed. */
  signed(deployment: Deployment): void {
    this.#newest.set(deployment.device, deployment);
  }

  #of(device: string): Aboard {
    const aboard = this.#aboard.get(device) ?? { surroundings: new SimSurroundings() };
    this.#aboard.set(device, aboard);
    return aboard;
  }

  /** A program aboard writes a fact. */
  writes(device: string, fact: string, text: string): void {
    this.#of(device).surroundings.write(factPath(fact), text, { now: this.#nowMs });
  }

  /** Somebody aboard answers to the newest deployment. */
  answers(device: string, answer: Consent['answer'], by: string, reason: string | undefined): void {
    const { sequence } = this.#newest.get(device)!;
    const at = new Date(this.#nowMs()).toISOString();
    this.#of(device).consent = { sequence, answer, by, at, ...(reason === undefined ? {} : { reason }) };
  }

  /** What was said to its newest deployment. */
  consent(device: string): Consent | undefined {
    const { consent } = this.#of(device);
    return consent?.sequence === this.#newest.get(device)?.sequence ? consent : undefined;
  }

  /** What stands in the way of activating its newest deployment now. */
  async waiting(device: string): Promise<Waiting | undefined> {
    const { surroundings } = this.#of(device);
    const senses: Senses = {
      ...{ clockMs: this.#nowMs, latestMs: this.#nowMs, monotonicMs: this.#nowMs },
      ...{ factPath, published: () => undefined, isConnected: () => true },
      factFile: (name) => surroundings.leftText(factPath(name), 512),
      interface: () => surroundings.interface(),
      power: () => surroundings.power(),
    };
    // Nothing is said here that has an end.
    const leftMs = () => Number.POSITIVE_INFINITY;
    const links = { wayOut: () => undefined, exits: () => [], hours: new LinkHours() };
    const lacksModules = (): boolean => false;
    const times = { clockMs: this.#nowMs, nowMs: this.#nowMs };
    const world = { ...times, senses, consent: () => this.consent(device), leftMs, links, lacksModules };
    for (const gate of await gatesOf('activate', this.#newest.get(device)!, world)) {
      const look = gate.look();
      if (look.kind === 'closed') return look.waiting;
    }
    return undefined;
  }
}
