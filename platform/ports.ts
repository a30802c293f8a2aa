/**
 * The world as the program may see it. Everything that is not a pure function of its arguments comes in through one of
 * these ports; `platform/node` holds the real ones and `test/sim` the simulated ones, and nothing else implements I/O.
 */

import type { Connection } from './streams.ts';

/** Wall and monotonic time, and waiting. Milliseconds everywhere. */
export interface Clock {
  /** Milliseconds since the epoch as this machine believes; may jump either way. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` when the signal aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `delayMs`, unless disposed before. A pending timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Disposable;
}

/** Randomness: keys, jitter, identifiers. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** What a path names; `undefined` from `Disk.stat` means it names nothing. */
export interface FileStat {
  /** `other` is what waits for its other end when it is read: a pipe, a socket, a device. */
  readonly kind: 'file' | 'directory' | 'other';
  readonly bytes: number;
  /** The path is a symbolic link to it. */
  readonly isLink?: true;
}

/** An open file. Positions and lengths in bytes. Written bytes survive a power cut only after `sync`. */
export interface DiskFile extends Disposable {
  /**
   * Reads up to `length` bytes at `position`; shorter at the end of the file. Into `room`, which is at least so long, where somebody gives
   * it who reads much and keeps nothing.
   */
  read(position: number, length: number, room?: Uint8Array): Uint8Array;
  write(position: number, bytes: Uint8Array): void;
  truncate(bytes: number): void;
  size(): number;
  sync(): void;
  close(): void;
}

/** Why a disk operation failed. `MEDIUM`: what the file lies on is worn out or damaged; another file may do better. */
export type DiskErrorCode = 'NOT_FOUND' | 'EXISTS' | 'NO_SPACE' | 'NOT_PERMITTED' | 'MEDIUM' | 'IO';

/** What every `Disk` method throws; `code` decides, the message is for people. */
export class DiskError extends Error {
  readonly code: DiskErrorCode;
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, detail: string) {
    super(`${path}: ${detail}`);
    this.name = 'DiskError';
    this.code = code;
    this.path = path;
  }
}

/**
 * A synchronous file system with `/`-separated absolute paths.
 *
 * Durability as POSIX has it, at its weakest: bytes are durable after `DiskFile.sync`; a created, renamed or removed name
 * is durable after `syncDirectory` of its parent; `rename` replaces its target atomically. Everything else may be lost,
 * reordered or torn by a power cut.
 */
export interface Disk {
  /** `read` needs the file to exist; `write` creates it when missing and keeps what it holds. */
  open(path: string, mode: 'read' | 'write'): DiskFile;
  readFile(path: string): Uint8Array;
  stat(path: string): FileStat | undefined;
  /** Names in a directory, sorted. */
  list(path: string): string[];
  /** Creates the directory and its parents; no error when it exists. */
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** Removes a file or a whole directory; no error when it does not exist. */
  remove(path: string): void;
  /** The same while the thread is free for others: a guest's tree may have any number of directories. Nobody uses it meanwhile. */
  removeAside(path: string): void | Promise<void>;
  syncDirectory(path: string): void;
  /** Makes a file or directory durable while the thread is free for others; a promise where that has to be waited for. */
  syncAside(path: string): void | Promise<void>;
  freeBytes(path: string): number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute for a client, path and query for a server. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of a client: the interface that it has to go out of; as the machine's routes have it without. */
  readonly via?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The interface of this machine that it comes in by; absent where that is not known. */
  readonly via?: string;
  /** The device that answers, by its certificate, where only devices are asked. */
  readonly device?: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Who is at the other end of a TLS connection, as far as a client certificate told. */
export interface Peer {
  /** Subject common name of a client certificate that our CA signed and that has not expired. */
  readonly device?: string;
  /** `SHA256:` and base64 of the SHA-256 of the certificate's SubjectPublicKeyInfo. */
  readonly keyFingerprint?: string;
  /** Whose key and certificate of our CA it showed, where that does not count at present: a clock may be wrong. */
  readonly outdated?: PeerOutOfTime;
  readonly address: string;
}

/** A device by a certificate whose time is over or not yet come. */
export interface PeerOutOfTime {
  readonly device: string;
  readonly keyFingerprint: string;
  /** From when on it counts, and until when, in milliseconds since the epoch. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** A server as a function: what answers one request. Throwing means status 500. */
export type HttpHandler = (request: HttpRequest, peer: Peer, signal: AbortSignal) => Promise<HttpResponse>;

/** Why an exchange failed before or while the answer arrived. */
export type NetworkErrorCode = 'UNREACHABLE' | 'TIMEOUT' | 'TLS' | 'CUT' | 'ABORTED';

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;
  constructor(code: NetworkErrorCode, detail: string) {
    super(detail);
    this.name = 'NetworkError';
    this.code = code;
  }
}

/** Told how many bytes went over an interface of this machine, either way, by what IP takes of them; without one that is not known. */
export type CountTravel = (bytes: number, via?: string) => void;

/** A server by name or address, which somebody who connected to this machine asks to be let through to. */
export interface TunnelAsked {
  readonly host: string;
  readonly port: number;
}

/** Why somebody is not let through. */
export interface TunnelRefusal {
  readonly kind: 'refused';
  /** 403: never; 502: the server is not reached; 503: not now. */
  readonly status: 403 | 502 | 503;
  /** In words for people: letters, digits and signs of ASCII. */
  readonly reason: string;
}

/** What is passed on between somebody and a server, neither of whom is understood here. */
export interface Tunnel {
  readonly kind: 'tunnel';
  readonly connectMsMax: number;
  /** Nothing said by either for this long ends it. */
  readonly idleMsMax: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The server was reached, or not, for this reason. */
  readonly reached: (failure?: string) => void;
  /** Asked of every piece of either, before it is passed on; the first refusal ends the tunnel. */
  readonly accepts: (bytes: number) => boolean;
  /** Told of every byte between this machine and the server. */
  readonly countTravel: CountTravel;
  /** Called once. */
  readonly ended: () => void;
}

/** Who is let through, and on what terms. */
export type TunnelHandler = (asked: TunnelAsked, peer: Peer) => Tunnel | TunnelRefusal;

/** The way out: one HTTP exchange at a time. Rejects with `NetworkError`; the body iterator throws it too. */
export interface Network {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

/** How long the segments of TCP are that connections of this process will have, both ways: short ones where long ones don't come through. */
export interface Segments {
  areShort: boolean;
}

/** An IPv4 network that this machine is on, by its own address there. */
export interface LanPlace {
  readonly interface: string;
  readonly address: string;
  readonly netmask: string;
}

/** Where a datagram goes or comes from. */
export interface LanEnd {
  readonly address: string;
  readonly port: number;
}

/** Told of each datagram that comes, from whoever sends one. */
export type OnDatagram = (bytes: Uint8Array, from: LanEnd) => void;

/** Sends datagrams over one network; disposing it closes it. What does not go is lost, as any datagram may be. */
export interface LanSocket extends Disposable {
  send(bytes: Uint8Array, to: LanEnd): void;
}

/** One that joined a group. */
export interface LanMember extends LanSocket {
  /** Joins again where the network went and came back: its interface is another one then, by the same name. Never throws. */
  stay(): void;
}

/** Datagrams on the networks that this machine is on: none of what is sent to a group goes farther. */
export interface Lan {
  /** All of them by now, those of no other machine too. */
  places(): Promise<readonly LanPlace[]>;
  /** Hears what is sent to a group of machines. Rejects with what keeps it from that. */
  join(place: LanPlace, group: LanEnd, onDatagram: OnDatagram): Promise<LanMember>;
  /** Hears what is sent to this machine's own address at a port that nobody else has. */
  open(place: LanPlace, onDatagram: OnDatagram): Promise<LanSocket>;
}

/** With what this process begins a connection to a server that has seen its certificate, instead of showing it again. */
export interface ReturnKey {
  /** The server, as an origin. */
  readonly to: string;
  /** The digest of the certificate that it saw: with another one the key is of no use. */
  readonly certificate: string;
  readonly name: string;
  /** Base64. */
  readonly secret: string;
}

/** What this process comes back with, and learns as it shows its certificate. */
export interface ReturnKeys {
  key: ReturnKey | undefined;
}

/** Where a relay leads, and what may come from there. */
export interface RelayTarget {
  readonly host: string;
  readonly port: number;
  readonly connectMsMax: number;
  /** Asked of every piece that the server sends, before it is passed on; the first refusal ends the relay. */
  readonly accepts: (bytes: number) => boolean;
  /** Told of every byte between it and the server. */
  readonly countTravel?: CountTravel;
}

/**
 * How a relay ended. `unreachable`: the server was not reached; `closed`: by the server; `left`: by the program, or disposed of;
 * `flooded`: `accepts` refused.
 */
export interface RelayEnd {
  readonly kind: 'unreachable' | 'closed' | 'left' | 'flooded';
  readonly reason: string;
  /** The machine's code of what went wrong, such as `ENETUNREACH`; `LOOKUP` where the name was never answered for. */
  readonly code?: string;
  /** The first byte that the server sent. */
  readonly firstByte?: number;
  /** The first byte that the program sent after that. */
  readonly replyByte?: number;
}

/**
 * What keeps a gateway from being the way, as the code of an error. `UNREACHED`: it was not reached, or did not show that it is a device of
 * the fleet; `REFUSES`: it does not let this one through; `DARK`: it does not reach the server either.
 */
export type GatewayFault = 'GATEWAY_UNREACHED' | 'GATEWAY_REFUSES' | 'GATEWAY_DARK';

/** A way to one server, for one connection of a program of this process. Disposing it closes both sides. */
export interface Relay extends Disposable {
  /** The port on 127.0.0.1 at which it is an HTTP proxy. */
  readonly port: number;
  /** The gateway that it goes through, by name; undefined where it goes by the machine's own way, and before it was reached. */
  readonly through: string | undefined;
  readonly ended: Promise<RelayEnd>;
  /** To be told once the server has shown that it is whom it has to be. */
  came(): void;
}

/** Another machine, by name or address, that a program may talk to. */
export interface OutboundTarget {
  readonly host: string;
  readonly port: number;
}

/** Connections to other machines that a guest is granted. */
export interface Outbound {
  /**
   * Gives the connection before it is made; that it could not be shows when it is read or written. A name leads to public
   * addresses only: whoever answers for a name must not choose a neighbour of this machine.
   */
  connect(target: OutboundTarget): Connection;
}

/** A watch over the ways out of this machine; disposing it ends it. */
export interface WaysWatch extends Disposable {
  /** How soon a change is to be noticed: `close` within seconds, `easy` in some more. `close` at first. */
  attend(attention: 'close' | 'easy'): void;
}

/** The ways out of this machine: its addresses and routes. */
export interface Ways {
  /** Calls back whenever an address or a route has come or gone. */
  watch(onChange: () => void): WaysWatch;
}

/** A small text that a program of this machine left, and when, in milliseconds since the epoch by the machine's clock. */
export interface LeftText {
  readonly text: string;
  readonly writtenMs: number;
}

/** What feeds this machine; absent where it does not tell. */
export interface Power {
  /** Whether something besides a battery does. */
  readonly external?: boolean;
  /** What its batteries hold, in percent; of several the least. */
  readonly battery?: number;
}

/** What a machine knows of its own situation. */
export interface Surroundings {
  /** Undefined where a path names no file that can be read now, or a larger one. Waits for nobody. */
  leftText(path: string, bytesMax: number): LeftText | undefined;
  /** The name of the interface that its default route leads out of. */
  interface(): string | undefined;
  /** All that default routes lead out of and connections can be held to, that one first. */
  interfaces(): readonly string[];
  power(): Power;
}

/** Sockets at which programs of this machine ask, a line each. */
export interface LineDoors {
  /**
   * Answers each line that is asked at `path` with a line, in the place of whatever socket is there. Who may write to it is up to
   * its directory and this program's user and group. Throws what keeps it from opening.
   */
  open(path: string, answer: (line: string) => string): Promise<AsyncDisposable>;
  /** Asks one line there; rejects when nobody answers in time. */
  ask(path: string, line: string): Promise<string>;
}

/** Relays for libraries that have a network of their own. */
export interface Relays {
  open(target: RelayTarget): Promise<Relay>;
}

/** A message on a topic. */
export interface BusMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The authenticated device that published it, where the broker can tell. */
  readonly device?: string;
}

/** `AWAY`: there is no broker at present. `CUT`: it ended the connection with the message on its way. `SILENT`: it does not take it. */
export type BusErrorCode = 'AWAY' | 'CUT' | 'SILENT';

/** Why a message was not taken by the broker. */
export class BusError extends Error {
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, detail: string) {
    super(detail);
    this.name = 'BusError';
    this.code = code;
  }
}

/** A broker as the controller sees it, embedded or external: MQTT topics and filters, at least once. */
export interface MessageBus {
  /** Resolves when the broker has it; rejects with `BusError` when it will not. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  subscribe(filter: string, handler: (message: BusMessage) => void): Promise<void>;
  /** False where it is certain that nobody has subscribed to a topic; absent where only the broker knows. */
  mayBeHeard?(topic: string): boolean;
  close(): Promise<void>;
}

/** How a child process ended; one that could not be started ended at once, by a `fault`. */
export interface ProcessExit {
  readonly code: number | undefined;
  /** The name of the signal that ended it. */
  readonly signal: string | undefined;
  readonly fault?: string;
}

/** A child process with a message channel. Messages are plain JSON values. */
export interface ChildProcess {
  readonly pid: number;
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once; during this call when it has ended already. */
  onExit(handler: (exit: ProcessExit) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** What it noted last, also when it is gone; undefined where it was started without a note. */
  note?(): string | undefined;
}

/** How a child process differs from its parent. */
export interface ProcessOptions {
  /** A file that its stdout and stderr are appended to; without it they are the parent's. */
  readonly outputFile?: string;
  /** It has the parent's stdin; without it there is nothing to read. */
  readonly inheritsInput?: true;
  /** Variables added to the parent's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

export interface Processes {
  /**
   * Starts `file`, a program of this project, under the running Node with its flags and these. Never throws: what keeps it
   * from starting, such as want of memory, is how it ended.
   */
  start(
    file: string,
    args: readonly string[],
    options?: ProcessOptions & {
      readonly flags?: readonly string[];
      /** Gives it a few bytes of memory to write that outlive it, where the machine has memory with a name. */
      readonly hasNote?: boolean;
    },
  ): ChildProcess;
}

/** What a process is held to by the operating system. */
export interface Hold {
  /** From -20, first, to 19, last. */
  readonly niceness: number;
  /** A name for its group of processes. */
  readonly group: string;
  readonly memoryBytesMax?: number;
  /** Its share of a busy processor; others have 100. */
  readonly cpuWeight: number;
}

/** Holds processes to what they may take. */
export interface Confinement {
  /** Does what this machine lets it do, and says in sentences what it does not. */
  hold(pid: number, hold: Hold): readonly string[];
}

/** What a thread tells the one that started it; after the result it ends. */
export type ThreadMessage<News, Result> =
  | { readonly kind: 'news'; readonly news: News }
  | { readonly kind: 'result'; readonly result: Result };

/** Threads for long computing, which would else hold up timers and signals. */
export interface Threads {
  /**
   * Runs `file`, a program of this project that posts `ThreadMessage`s, on a thread with `input`. Rejects with what the
   * thread throws, or with the signal's reason once the thread is gone.
   */
  run<News, Result>(file: string, input: unknown, onNews: (news: News) => void, signal: AbortSignal): Promise<Result>;
}

/** How a program is run to its end. */
export interface RunOptions {
  readonly input?: Uint8Array;
  /** Variables that differ from ours; undefined takes one away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Of what it prints; more ends it. */
  readonly outputBytesMax: number;
  /** It prints much in many small pieces: they go through a file without a name, because each costs twice as much in a pipe. */
  readonly printsMuch?: true;
  readonly signal: AbortSignal;
}

/** What a program had to say. Without a `code` it was ended by a signal, could not be started, or printed too much. */
export interface ProgramResult {
  readonly code: number | undefined;
  readonly output: Uint8Array;
  /** The end of what it wrote to stderr. */
  readonly complaint: string;
  /** It printed more than was asked for, of which nothing is kept. */
  readonly isTooMuch?: true;
}

/** A program that is asked one thing after the other, until it is let go. */
export interface Dialogue extends AsyncDisposable {
  /**
   * Writes a question, and resolves with what is printed to it: as much as `lengthOf` says once enough of it is there to tell. What
   * that throws ends the program, and rejects. Undefined where the program has ended.
   */
  ask(question: Uint8Array, lengthOf: (begun: Uint8Array) => number | undefined): Promise<Uint8Array | undefined>;
}

/** Programs of the system, found on PATH. */
export interface Programs {
  /** Starts a program; it has no message channel. */
  start(name: string, args: readonly string[], options?: ProcessOptions): ChildProcess;
  /** Runs a program to its end. Rejects only with the reason of `signal`. */
  run(name: string, args: readonly string[], options: RunOptions): Promise<ProgramResult>;
  /** Starts a program that answers questions; what it complains of is dropped. Never throws: one that can't be started has ended. */
  converse(name: string, args: readonly string[], options: Pick<RunOptions, 'environment' | 'signal'>): Dialogue;
}

/** What a process and its children may have at most, infinite where there is no limit. */
export interface ProcessLimits {
  readonly descriptors: number;
  /** Of all processes of its user. */
  readonly threads: number;
  readonly addressBytes: number;
}

/** How much more a process may have, by the limits that it was started with; infinite where the machine does not say. */
export interface ProcessRoom {
  readonly descriptors: number;
  readonly threads: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log lines: a dotted event name and plain fields. */
export interface Log {
  write(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}
