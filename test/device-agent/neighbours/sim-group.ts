/** Networks in memory: what is sent to a group reaches all that joined it there, at once; what is sent to one place that place alone. */
import type { Lan, LanEnd, LanMember, LanPlace, OnDatagram } from '../../../platform/ports.ts';

interface Member {
  readonly end: LanEnd;
  readonly group?: LanEnd;
  readonly onDatagram: OnDatagram;
}

const isAt = (one: LanEnd, other: LanEnd): boolean => one.address === other.address && one.port === other.port;

/** One network, with machines that join it by an address. */
export class SimGroup {
  readonly #members = new Set<Member>();
  /** All that was sent, and from where. */
  readonly sent: { readonly from: LanEnd; readonly to: LanEnd; readonly bytes: Uint8Array }[] = [];
  #ports = 40_000;

  /** Sends as whoever says that it is there. */
  send(from: LanEnd, to: LanEnd, bytes: Uint8Array): void {
    this.sent.push({ from, to, bytes });
    for (const { end, group, onDatagram } of this.#members)
      if (isAt(end, to) || (group !== undefined && isAt(group, to))) onDatagram(bytes, from);
  }

  /** The interface of who is at an address goes, and comes back at once. */
  forget(address: string): void {
    for (const member of this.#members) if (member.end.address === address) this.#members.delete(member);
  }

  #enter(member: Member): LanMember {
    this.#members.add(member);
    return {
      send: (bytes, to) => this.send(member.end, to, bytes),
      stay: () => void this.#members.add(member),
      [Symbol.dispose]: () => this.#members.delete(member),
    };
  }

  /** As a machine with these places sees it. */
  lanOf(places: readonly LanPlace[] | (() => readonly LanPlace[])): Lan {
    return {
      places: async () => (typeof places === 'function' ? places() : places),
      join: async ({ address }, group, onDatagram) =>
        this.#enter({ end: { address, port: group.port }, group, onDatagram }),
      open: async ({ address }, onDatagram) => {
        this.#ports += 1;
        return this.#enter({ end: { address, port: this.#ports }, onDatagram });
      },
    };
  }
}
