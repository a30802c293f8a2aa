/**
 * A broker in the simulated world. A device's session lives as long as its link and the broker stay up; a message crosses
 * after the link's latency or is lost with the session (at least once, clean sessions, as the agent uses MQTT).
 */
import type { DeviceContact } from '../../controller/doors/mqtt/device-connections.ts';
import { topicMatches } from '../../controller/doors/mqtt/topic-filter.ts';
import type { BusMessage, MessageBus } from '../../platform/ports.ts';
import type { Life, SimTime } from '../../platform/simulated/clock.ts';
import { PowerCut } from './sim-disk.ts';
import type { SimLink } from './sim-network.ts';

/** The controller may end in the middle of what a device told it; that is not the device's affair. */
function survive(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
}

const agentTopics = new Set(['get/accepted', 'update/accepted', 'update/rejected', 'update/delta']);

/** Which device's agent is subscribed to a topic. */
function deviceThatHears(topic: string): string | undefined {
  const [, , thing, , , , operation, what] = topic.split('/');
  const device = /^fleet\/([^/]+)\/taken$/.exec(topic)?.[1];
  return device ?? (agentTopics.has(`${operation}/${what}`) ? thing : undefined);
}

/** A device's connection. */
export interface SimSession {
  /** Resolves when the broker has acknowledged; rejects when the session ended first. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  readonly open: boolean;
  close(): void;
}

interface Session {
  readonly device: string;
  readonly link: SimLink;
  readonly receive: (message: BusMessage) => void;
  readonly latencyMs: () => number;
  readonly end: () => void;
  open: boolean;
}

/** Turns of two machines that are remembered, by when they were. */
const turnsMax = 64;

/** Where all devices of the simulation come from. */
const simAddress = '192.0.2.1';

export class SimBroker {
  readonly #time: SimTime;
  readonly #sessions = new Map<string, Session>();
  #subscriptions: { readonly filter: string; readonly handler: (message: BusMessage) => void }[] = [];
  #onConnection: (contact: DeviceContact) => void = () => {};
  #authorize: (device: string) => boolean = () => true;
  #up = false;
  readonly #heardAt = new Map<string, number>();
  /** By device, when a machine took another one's place. */
  readonly #turns = new Map<string, number[]>();
  /** Takes nothing from the controller. */
  isRefusing = false;
  /** What a broker in the wrong hands makes of a message to a device. */
  tamper: (device: string, message: BusMessage) => BusMessage = (_device, message) => message;

  constructor(time: SimTime) {
    this.#time = time;
  }

  /** The controller's end, for as long as it lives. Sessions of an earlier life have ended with it. */
  start(life: Life, authorize: (device: string) => boolean): MessageBus {
    this.stop();
    this.#turns.clear();
    this.#authorize = authorize;
    return {
      publish: async (topic, payload) => {
        if (this.isRefusing) throw new Error('the broker refuses it');
        if (life.alive) this.#toDevices({ topic, payload });
      },
      subscribe: async (filter, handler) => {
        if (life.alive) this.#subscriptions.push({ filter, handler });
      },
      close: async () => {
        if (life.alive) this.stop();
      },
    };
  }

  /** Devices may connect from now on. */
  listen(): void {
    this.#up = true;
  }

  /** The controller is gone: every session ends. */
  stop(): void {
    this.#up = false;
    this.#subscriptions = [];
    this.#onConnection = () => {};
    this.dropAll();
  }

  /** Every session ends, as when the broker is started again. */
  dropAll(): void {
    for (const session of [...this.#sessions.values()]) session.end();
  }

  /** The broker has noticed that a device is gone. */
  drop(device: string): void {
    this.#sessions.get(device)?.end();
  }

  /** When this device was last connected or said something, in world time; `Infinity` while it has a session. */
  heardAt(device: string): number | undefined {
    return this.#sessions.has(device) ? Number.POSITIVE_INFINITY : this.#heardAt.get(device);
  }

  /** How often machines took each other's place under this name, as long as the controller lived. */
  turnsInLastMinute(device: string): number {
    return (this.#turns.get(device) ?? []).filter((at) => at > this.#time.now - 60_000).length;
  }

  #noteTurn(device: string): void {
    this.#turns.set(device, [...(this.#turns.get(device) ?? []), this.#time.now].slice(-turnsMax));
  }

  onConnection(handler: (contact: DeviceContact) => void): void {
    this.#onConnection = handler;
  }

  reauthorize(): void {
    for (const session of [...this.#sessions.values()]) if (!this.#authorize(session.device)) session.end();
  }

  /** An agent subscribes to these only; what else is said of its shadow does not travel. */
  #toDevices(message: BusMessage): void {
    const session = this.#sessions.get(deviceThatHears(message.topic) ?? '');
    if (session === undefined) return;
    const told = this.tamper(session.device, message);
    this.#time.at(this.#time.now + session.latencyMs(), () => {
      if (session.open) session.receive(told);
    });
  }

  /** Connects a device, or says why not. A second session of the same device ends the first. */
  /** Whether a device gets as far as a handshake. */
  reaches(link: SimLink): boolean {
    return this.#up && link.up && !link.isWithoutBroker;
  }

  connect(link: SimLink, receive: (message: BusMessage) => void, onClose: () => void): SimSession | undefined {
    if (!this.reaches(link) || !this.#authorize(link.device)) return undefined;
    const before = this.#sessions.get(link.device);
    if (before !== undefined && before.link !== link) this.#noteTurn(link.device);
    before?.end();
    const watch = link.onChange(() => session.end());
    const session: Session = {
      device: link.device,
      link,
      receive,
      latencyMs: () => link.quality.latencyMs,
      open: true,
      end: () => {
        if (!session.open) return;
        session.open = false;
        watch[Symbol.dispose]();
        this.#sessions.delete(link.device);
        this.#heardAt.set(link.device, this.#time.now);
        survive(() => this.#onConnection({ device: link.device, connected: false, address: simAddress }));
        onClose();
      },
    };
    this.#sessions.set(link.device, session);
    survive(() => this.#onConnection({ device: link.device, connected: true, address: simAddress }));
    if (!session.open) return undefined;
    return {
      publish: (topic, payload) => this.#fromDevice(session, { topic, payload, device: link.device }),
      get open() {
        return session.open;
      },
      close: () => session.end(),
    };
  }

  #fromDevice(session: Session, message: BusMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#time.at(this.#time.now + session.latencyMs(), () => {
        if (!session.open) return reject(new Error('the session ended'));
        for (const { filter, handler } of this.#subscriptions) {
          if (topicMatches(filter, message.topic)) survive(() => handler(message));
        }
        resolve();
      });
    });
  }
}
