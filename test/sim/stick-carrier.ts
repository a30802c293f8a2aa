/**
 * Somebody with a stick between a shore and devices: receipts come ashore late, twice, out of order, cut short or never, and so does the
 * shore's word back, by the real commands.
 */

import { bringAll } from '../../cli/bring-messages.ts';
import { type ControllerClient, readBody } from '../../cli/controller-client.ts';
import { readReceiptFile } from '../../cli/receipt-file.ts';
import { takenMarks } from '../../controller/bundles/taken-marks.ts';
import { parseJson } from '../../controller/doors/http/json-body.ts';
import { messagesAnswer } from '../../controller/doors/http/receipt-routes.ts';
import { writeReceipt } from '../../device-agent/command/receipts.ts';
import type { SimRandom } from '../../platform/simulated/random.ts';
import type { TakenMarks } from '../../schemas/generated/types.ts';
import { isTakenMarks } from '../../schemas/generated/validators/taken-marks.js';
import { type MonthDevice, type Shore, socket } from './messages-shore.ts';
import { SimDisk } from './sim-disk.ts';

const answerBytesMax = 65_536;

export class StickCarrier {
  readonly #shore: Shore;
  readonly #random: SimRandom;
  readonly #stick = new SimDisk();
  readonly #receipts: string[] = [];
  readonly #words = new Map<string, TakenMarks[]>();

  constructor(shore: Shore, random: SimRandom) {
    this.#shore = shore;
    this.#random = random;
    this.#stick.makeDirectory('/stick');
  }

  #client(): ControllerClient {
    return {
      ...{ controller: 'https://shore', hasToken: true },
      ask: async ({ body }) => {
        const answer = await messagesAnswer((order) => this.#shore.bring(order), parseJson(body));
        return { status: answer.status, bytes: await readBody(answer.body, answerBytesMax) };
      },
      open: () => Promise.reject(new Error('nothing is asked for')),
    };
  }

  /** Lets time go on until it is done. */
  async #through<T>(work: Promise<T>): Promise<T> {
    const { time } = this.#shore;
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    while (!isOver) await time.runUntil(time.now + 1_000);
    return done;
  }

  /** Goes aboard with words of the shore, older or newer, and leaves with a receipt. */
  async visit(device: MonthDevice): Promise<void> {
    const words = this.#words.get(device.name) ?? [];
    for (let n = words.length === 0 ? 0 : this.#random.integer(0, 2); n > 0; n -= 1)
      device.hearWord(this.#random.pick(words));
    await this.#take(device);
  }

  /** The same, with the newest word; what the receipt has of messages. */
  async visitWell(device: MonthDevice): Promise<number> {
    const word = this.#words.get(device.name)?.at(-1);
    if (word !== undefined) device.hearWord(word);
    const path = await this.#take(device);
    return this.#read(path).messages.length;
  }

  async #take({ name, doors }: MonthDevice): Promise<string> {
    const path = `/stick/${name}.${this.#receipts.length}`;
    await this.#through(writeReceipt({ doors, disk: this.#stick }, socket, path));
    this.#receipts.push(path);
    return path;
  }

  #read(path: string) {
    const file = readReceiptFile(this.#stick, path);
    if (typeof file === 'string') throw new Error(`${path}: ${file}`);
    return file;
  }

  /** Comes ashore with some of all receipts that ever were. */
  async land(): Promise<void> {
    const count = this.#receipts.length === 0 ? 0 : this.#random.integer(0, 3);
    for (let n = 0; n < count; n += 1) {
      const late = this.#random.pick(this.#receipts);
      const path = this.#random.chance(0.5) ? this.#receipts.at(-1)! : late;
      await this.#bring(this.#random.chance(0.2) ? this.#cutShort(path) : path);
    }
  }

  /** Comes ashore with the newest. */
  landWell(): Promise<void> {
    return this.#bring(this.#receipts.at(-1)!);
  }

  /** A copy that was pulled amid a line behind the first. */
  #cutShort(path: string): string {
    const bytes = this.#stick.readFile(path);
    const from = bytes.indexOf(10) + 1;
    using file = this.#stick.open('/stick/short', 'write');
    file.truncate(0);
    file.write(0, bytes.subarray(0, this.#random.integer(from, bytes.length)));
    return '/stick/short';
  }

  /** And has a word written for everybody. */
  async #bring(path: string): Promise<void> {
    await this.#through(bringAll(this.#client(), this.#read(path).messages, 'ada'));
    for (const device of this.#shore.devices.keys()) {
      const word = takenMarks(this.#shore.marksOf(device));
      if (word === undefined) continue;
      if (!isTakenMarks(word)) throw new Error(`no words of the shore: ${JSON.stringify(word)}`);
      this.#words.set(device, [...(this.#words.get(device) ?? []), word]);
    }
  }
}
