/**
 * A link between two network interfaces of this machine, as a program: the kernel sends it whole packets, by VXLAN, and it
 * hands on those that the link lets through, when they arrive.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type Lane, LaneQueue } from './lane.ts';
import { Ledger, type Way } from './ledger.ts';
import { Packet } from './packet.ts';
import type { Meddle } from './trouble.ts';

/** Where the program and the kernel meet: at one port for each end of the link. */
export interface Meeting {
  readonly programAddress: string;
  readonly kernelAddress: string;
  readonly ports: Readonly<Record<'shore' | 'device', number>>;
}

interface Travelling {
  readonly atMs: number;
  readonly frame: Buffer;
}

/** Hands on in order what one lane lets through. */
class Direction {
  readonly #give: (frame: Buffer) => void;
  readonly #travelling: Travelling[] = [];
  #queue: LaneQueue;
  #timer: NodeJS.Timeout | undefined;

  constructor(lane: Lane, give: (frame: Buffer) => void) {
    this.#queue = new LaneQueue(lane, Math.random);
    this.#give = give;
  }

  become(lane: Lane): void {
    this.#queue = new LaneQueue(lane, Math.random);
  }

  send(frame: Buffer, bytes: number): void {
    const atMs = this.#queue.arrivalMs(bytes, performance.now());
    if (atMs === undefined) return;
    this.#travelling.push({ atMs, frame });
    this.#timer ??= this.#wait();
  }

  /** What is on the way is lost. */
  cut(): void {
    this.#travelling.length = 0;
  }

  #wait(): NodeJS.Timeout | undefined {
    const first = this.#travelling[0];
    return first === undefined
      ? undefined
      : setTimeout(() => this.#arrive(), Math.max(0, first.atMs - performance.now()));
  }

  #arrive(): void {
    const nowMs = performance.now();
    while (this.#travelling[0] !== undefined && this.#travelling[0].atMs <= nowMs) {
      this.#give(this.#travelling.shift()!.frame);
    }
    this.#timer = this.#wait();
  }
}

/** A link that is up until it is cut. */
export class LinkProgram {
  readonly ledger = new Ledger();
  readonly #sockets: Readonly<Record<'shore' | 'device', Socket>>;
  readonly #ways: Readonly<Record<Way, Direction>>;
  #meddle: Meddle = () => 'pass';
  #isUp = true;

  private constructor(meeting: Meeting, lane: Lane) {
    this.#sockets = { shore: createSocket('udp4'), device: createSocket('udp4') };
    const giveTo = (end: 'shore' | 'device') => (frame: Buffer) =>
      this.#sockets[end].send(frame, meeting.ports[end], meeting.kernelAddress);
    this.#ways = { up: new Direction(lane, giveTo('shore')), down: new Direction(lane, giveTo('device')) };
  }

  static async start(meeting: Meeting, lane: Lane): Promise<LinkProgram> {
    const program = new LinkProgram(meeting, lane);
    for (const [end, way] of [
      ['shore', 'down'],
      ['device', 'up'],
    ] as const) {
      const socket = program.#sockets[end];
      socket.on('message', (frame) => program.#take(way, frame));
      socket.bind(meeting.ports[end], meeting.programAddress);
      await once(socket, 'listening');
    }
    return program;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  become(lane: Lane, meddle: Meddle = () => 'pass'): void {
    for (const direction of Object.values(this.#ways)) direction.become(lane);
    this.#meddle = meddle;
  }

  /** Nobody is told: what is sent while it is down vanishes. */
  set(isUp: boolean): void {
    this.#isUp = isUp;
    if (!isUp) for (const direction of Object.values(this.#ways)) direction.cut();
  }

  stop(): void {
    this.set(false);
    for (const socket of Object.values(this.#sockets)) socket.close();
  }

  /** What the device sends into a link that is down costs it nothing: there is nobody to count it. */
  #take(way: Way, frame: Buffer): void {
    const packet = Packet.in(frame);
    if (packet === undefined || !this.#isUp) return;
    const flow = `${packet.source} ${packet.destination}`;
    const fate = this.#meddle(way, packet, performance.now());
    this.ledger.note(way, packet, flow, fate);
    if (fate === 'lost') return;
    packet.seal();
    this.#ways[way].send(frame, packet.bytes);
  }
}
