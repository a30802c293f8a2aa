/**
 * Somebody who goes aboard with a stick: bundles that the real commands have the controller make, applied by the real agents, and receipts
 * back. What is on the stick may be cut short, damaged or of another journey, and receipts may be forged on the way.
 */
import { bringAll } from '../../cli/bring-messages.ts';
import { statementIn, writeBundle } from '../../cli/bundle-writer.ts';
import { CommandError } from '../../cli/command.ts';
import { bringReceipt, orderBundle } from '../../cli/controller-acts.ts';
import { type ControllerClient, readBody } from '../../cli/controller-client.ts';
import { readReceiptFile } from '../../cli/receipt-file.ts';
import { applyBundle } from '../../device-agent/command/apply.ts';
import { writeReceipt } from '../../device-agent/command/receipts.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { SimDevice } from './sim-device.ts';
import { SimDisk } from './sim-disk.ts';
import type { World } from './world.ts';

const hourMs = 3_600_000;
const journeysMeanMs = 24 * hourMs;
const who = 'ada';
const socket = '/state/agent.sock';
const aboard = '/stick.bundle';
const signal = new AbortController().signal;

/** Parts of what lies on a stick that came to harm, and of receipts. */
const harmed = 0.25;
const forged = 0.3;

export class Carrier {
  readonly #world: World;
  readonly #random: SimRandom;
  readonly #stick = new SimDisk();
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.stream('carrier');
    this.#stick.makeDirectory('/stick');
  }

  /** The controller as somebody with its API token reaches it. */
  #client(): ControllerClient {
    const headers = { authorization: 'Bearer simulated' };
    const ask = async (request: {
      readonly method: 'GET' | 'POST';
      readonly url: string;
      readonly body?: Uint8Array;
    }) => {
      const { server } = this.#world.controller;
      if (server === undefined) throw new CommandError('the controller is down');
      return server({ ...request, headers }, { address: 'simulated' }, signal);
    };
    return {
      ...{ controller: 'https://shore', hasToken: true },
      ask: async ({ path, bytesMax, ...request }) => {
        const answer = await ask({ ...request, method: request.method as 'POST', url: path });
        return { status: answer.status, bytes: await readBody(answer.body, bytesMax) };
      },
      open: (path) => ask({ method: 'GET', url: path }),
    };
  }

  /** From now on nobody leaves any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Journeys to the devices of a site, one after the other. */
  travel(devices: readonly SimDevice[], site: string): void {
    const { time } = this.#world;
    time.at(time.now + this.#random.exponential(journeysMeanMs), () => {
      if (this.#isOver) return;
      void this.#journey(devices, site).catch((error) => this.#met(error));
      this.travel(devices, site);
    });
  }

  /** What a journey may come to, and nothing else. */
  #met(error: unknown): void {
    const isWords = error instanceof Error && !(error instanceof TypeError || error instanceof RangeError);
    if (isWords) this.#world.trace.write('carrier', '', error.message.slice(0, 80));
    else this.#world.checkers.fail(`a journey came to ${error}`);
  }

  async #journey(devices: readonly SimDevice[], site: string): Promise<void> {
    const clock = this.#world.time.clock({ alive: true });
    await this.#load(site).catch((error) => this.#met(error));
    await clock.sleep(this.#random.exponential(6 * hourMs));
    for (const device of devices.filter(({ alive }) => alive)) {
      await this.#visit(device).catch((error) => this.#met(error));
    }
    await clock.sleep(this.#random.exponential(6 * hourMs));
    for (const { name } of devices) await this.#bringBack(name).catch((error) => this.#met(error));
  }

  async #load(site: string): Promise<void> {
    const client = this.#client();
    const answer = await orderBundle(client, { site, days: this.#random.integer(1, 30), who });
    await writeBundle(this.#stick, `/stick/${site}`, answer, client, signal);
    this.#world.trace.write('bundle', site, String(statementIn(answer).deployments.length));
  }

  /** What lies there now, of this journey or an earlier one, of this site or another. */
  #bundle(): Uint8Array | undefined {
    const bundles = this.#stick.list('/stick').filter((name) => !name.includes('.'));
    if (bundles.length === 0) return undefined;
    const bytes = this.#stick.readFile(`/stick/${this.#random.pick(bundles)}`).slice();
    if (!this.#random.chance(harmed)) return bytes;
    const at = this.#random.integer(0, bytes.length - 1);
    if (this.#random.chance(0.5)) return bytes.subarray(0, at);
    bytes[at] = bytes[at]! ^ (1 << this.#random.integer(0, 7));
    return bytes;
  }

  async #visit(device: SimDevice): Promise<void> {
    const { doors } = device;
    const bundle = this.#bundle();
    if (bundle !== undefined) await this.#apply(device, bundle).catch((error) => this.#met(error));
    if (!device.alive) return;
    await writeReceipt({ doors, disk: this.#stick }, socket, `/stick/${device.name}.receipt`);
  }

  async #apply(device: SimDevice, bundle: Uint8Array): Promise<void> {
    device.plug(aboard, bundle);
    const clock = this.#world.time.clock({
      get alive() {
        return device.alive;
      },
    });
    const words = await applyBundle({ doors: device.doors, clock, signal }, socket, aboard);
    this.#world.trace.write('applied', device.machine, words.slice(0, 80));
  }

  async #bringBack(name: string): Promise<void> {
    const file = readReceiptFile(this.#stick, `/stick/${name}.receipt`);
    if (typeof file === 'string') return;
    const client = this.#client();
    const isForged = this.#random.chance(forged);
    const receipt = isForged ? { ...file.receipt, payload: this.#distorted(file.receipt.payload) } : file.receipt;
    const outcome = await bringReceipt(client, { receipt, who });
    if (outcome.kind === 'taken' && isForged)
      this.#world.checkers.fail(`the shore takes a receipt of ${name} that nobody signed`);
    const messages = isForged
      ? file.messages.map((one) => ({ ...one, batch: this.#distorted(one.batch) }))
      : file.messages;
    const brought = await bringAll(client, messages, who);
    if (isForged && brought.entries + brought.messages > 0)
      this.#world.checkers.fail(`the shore takes messages of ${name} that nobody signed`);
    this.#world.trace.write('receipt', name, `${outcome.kind} ${brought.entries} ${brought.refusals.length}`);
  }

  #distorted(base64: string): string {
    const bytes = Buffer.from(base64, 'base64');
    const at = this.#random.integer(0, bytes.length - 1);
    bytes[at] = bytes[at]! ^ (1 << this.#random.integer(0, 7));
    return bytes.toString('base64');
  }
}
