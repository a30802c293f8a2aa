import { flag, type Packet, protocol } from './packet.ts';

/** Which way a packet travels: from the device, or to it. */
export type Way = 'up' | 'down';

/** What was sent over a link, whether or not it arrived. */
export interface Sent {
  /** Of IP. */
  readonly upBytes: number;
  readonly downBytes: number;
  readonly packets: number;
  /** Of these, whole packets that came to nobody: what their flow led to is there no more, or something in between keeps them. */
  readonly strayBytes: number;
  /** What of all others is headers of IP and TCP, with packets that carry nothing else. */
  readonly carriageBytes: number;
  /** Of TCP's payload: sent again. */
  readonly resentBytes: number;
  readonly payloadBytes: number;
  /** Hellos of TLS from the device: tries at a session, each once. */
  readonly handshakes: number;
}

const nothing: Sent = {
  ...{ upBytes: 0, downBytes: 0, packets: 0, strayBytes: 0, carriageBytes: 0 },
  ...{ resentBytes: 0, payloadBytes: 0, handshakes: 0 },
};

/** How far sequence numbers are apart, which wrap at 2^32: negative where `a` comes before `b`. */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/** A handshake record of TLS with a client's hello in it (RFC 8446, 4 and 5.1). */
function isHello(payload: Buffer): boolean {
  return payload[0] === 22 && payload[5] === 1;
}

/** Counts what a link is given, packet by packet. */
export class Ledger {
  #sent: Sent = nothing;
  /** Of each flow one way: the number after the last byte it has sent. */
  readonly #nexts = new Map<string, number>();

  get sent(): Sent {
    return this.#sent;
  }

  /** What comes now is counted from nothing; flows that are under way go on. */
  restart(): void {
    this.#sent = nothing;
  }

  /** `flow` is the way between two ends as who sent it knows it, which somebody in between may have changed since. */
  note(way: Way, packet: Packet, flow: string, fate: 'pass' | 'lost'): void {
    const before = this.#sent;
    const key = `${way}Bytes` as const;
    const stray = fate === 'lost' ? packet.bytes : 0;
    const counted = { [key]: before[key] + packet.bytes, packets: before.packets + 1 };
    this.#sent = { ...before, ...counted, strayBytes: before.strayBytes + stray };
    if (fate === 'pass' && packet.protocol === protocol.tcp) this.#noteTcp(way, packet, flow);
  }

  #noteTcp(way: Way, packet: Packet, flow: string): void {
    const { flags, sequence, payload, bytes } = packet;
    this.#sent = { ...this.#sent, carriageBytes: this.#sent.carriageBytes + bytes - payload.length };
    if ((flags & flag.syn) !== 0) this.#nexts.set(flow, (sequence + 1) >>> 0);
    if (payload.length === 0) return;
    const end = (sequence + payload.length) >>> 0;
    const next = this.#nexts.get(flow) ?? sequence;
    const freshBytes = Math.min(payload.length, Math.max(0, distance(end, next)));
    if (freshBytes > 0) this.#nexts.set(flow, end);
    const isTry = way === 'up' && freshBytes > 0 && isHello(payload);
    const { payloadBytes, resentBytes, handshakes } = this.#sent;
    this.#sent = {
      ...this.#sent,
      payloadBytes: payloadBytes + payload.length,
      resentBytes: resentBytes + payload.length - freshBytes,
      handshakes: handshakes + (isTry ? 1 : 0),
    };
  }
}
