/** A device without an agent: MQTT 3.1.1 over mutual TLS in as few bytes and objects as a crowd of them needs. */
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { answerTopic, requestTopic, shadowPrefix } from '../../controller/shadow/topics.ts';

const connack = 2;
const publish = 3;
const suback = 9;

const keepAliveSeconds = 1200;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(head: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

/** Where packets begin and end in what was read so far: their types and how many bytes they take. */
function readPackets(bytes: Buffer): { readonly types: number[]; readonly taken: number } {
  const types: number[] = [];
  let taken = 0;
  for (;;) {
    let at = taken + 1;
    let length = 0;
    for (let shift = 0; ; shift += 7, at += 1) {
      if (at >= bytes.length) return { types, taken };
      length += (bytes[at]! & 127) << shift;
      if (bytes[at]! < 128) break;
    }
    if (at + 1 + length > bytes.length) return { types, taken };
    types.push(bytes[taken]! >> 4);
    taken = at + 1 + length;
  }
}

/** One connection of one device. */
export class Device {
  readonly name: string;
  readonly #socket: TLSSocket;
  #rest = Buffer.alloc(0);
  #onPacket: (type: number) => void = () => {};
  isOpen = true;

  private constructor(name: string, socket: TLSSocket) {
    this.name = name;
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isOpen = false;
      this.#onPacket(0);
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  /** Connects and subscribes to one answer of its shadow; `undefined` when it was not let in. */
  static async connect(name: string, port: number, secureContext: SecureContext): Promise<Device | undefined> {
    const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false });
    socket.setNoDelay(true);
    const device = new Device(name, socket);
    const keepAlive = Buffer.from([keepAliveSeconds >> 8, keepAliveSeconds & 255]);
    socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2]), keepAlive, text(name)));
    return (await device.#next(connack)) ? device : undefined;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const { types, taken } = readPackets(bytes);
    this.#rest = Buffer.from(bytes.subarray(taken));
    for (const type of types) this.#onPacket(type);
  }

  /** True when so many packets of this type have arrived, false when the connection ends before. */
  #next(type: number, count = 1): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false);
    let left = count;
    return new Promise((resolve) => {
      this.#onPacket = (seen) => {
        if (seen === type) left -= 1;
        if (left === 0 || seen === 0) resolve(left === 0);
      };
    });
  }

  /** Subscribes to the answers of `update`, or to all that is said below its shadow, at most once. */
  subscribe(what: 'answers' | 'all'): Promise<boolean> {
    const filter = what === 'all' ? `${shadowPrefix(this.name)}#` : answerTopic(this.name, 'update', 'accepted');
    this.#socket.write(packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([0])));
    return this.#next(suback);
  }

  /** Says something so many times at once and resolves with whether each was answered. */
  ask(payload: string, times = 1): Promise<boolean> {
    const answered = this.#next(publish, times);
    for (let n = 0; n < times; n += 1) this.say(payload);
    return answered;
  }

  say(payload: string): void {
    this.#socket.write(packet(0x30, text(requestTopic(this.name, 'update')), Buffer.from(payload)));
  }

  /** From now on it reads nothing. */
  stopReading(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.destroy();
  }
}
