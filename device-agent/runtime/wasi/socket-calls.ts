/** The calls on sockets. Preview 1 can only use what the host has opened: accept, receive, send, shut down. */
import { andThen } from '../../../platform/and-then.ts';
import type { Connection, Listener } from '../../../platform/streams.ts';
import { until } from '../primitives/waiting.ts';
import { type Descriptor, descriptorOf } from './descriptors.ts';
import { CallFailure, errno } from './errno.ts';
import { checkedFlags, descriptorFlag } from './flags.ts';
import type { Answer, Call, Context, Guest } from './guest.ts';
import { right } from './rights.ts';
import { receive, send } from './transfer-calls.ts';

const ways = { receive: 1, send: 2 } as const;

function socketWith(guest: Guest, number: number, rights: bigint): Descriptor {
  const descriptor = guest.descriptors.get(number);
  const { kind } = descriptor.target;
  if (kind !== 'connection' && kind !== 'listener') throw new CallFailure(errno.notSocket);
  return guest.descriptors.with(number, rights);
}

function connectionOf({ target }: Descriptor): Connection {
  if (target.kind !== 'connection') throw new CallFailure(errno.invalid);
  return target.connection;
}

function listenerOf({ target }: Descriptor): Listener {
  if (target.kind !== 'listener') throw new CallFailure(errno.invalid);
  return target.listener;
}

function accept(guest: Guest, descriptor: Descriptor, flags: number, pointer: number): Answer {
  const listener = listenerOf(descriptor);
  const rights = { base: descriptor.rights.inheriting, inheriting: 0n };
  const tell = (connection: Connection): undefined => {
    const accepted = descriptorOf({ kind: 'connection', connection }, rights, flags);
    guest.memory.setU32(pointer, guest.descriptors.add(accepted));
  };
  const connection = until(
    () => listener.accept(),
    () => {
      if (descriptor.flags & descriptorFlag.nonBlocking) throw new CallFailure(errno.again);
      return guest.world.wait([listener], Number.POSITIVE_INFINITY);
    },
  );
  return andThen(connection, tell);
}

/** The calls by their names. */
export const socketCalls = {
  sock_accept: ({ guest }: Context, number: number, flags: number, pointer: number): Answer => {
    guest.memory.bytes(pointer, 4);
    guest.descriptors.assertRoom();
    checkedFlags(flags, { nonBlocking: descriptorFlag.nonBlocking });
    return accept(guest, socketWith(guest, number, right.accept), flags, pointer);
  },
  sock_recv: (
    { guest }: Context,
    number: number,
    table: number,
    count: number,
    flags: number,
    readPointer: number,
    flagsPointer: number,
  ): Answer => {
    const descriptor = socketWith(guest, number, right.read);
    const { input } = connectionOf(descriptor);
    // Streams can neither be looked into without reading, nor read whole or not at all.
    if (flags !== 0) return errno.notSupported;
    guest.memory.bytes(readPointer, 4);
    guest.memory.view(flagsPointer, 2).setUint16(0, 0, true);
    return receive(guest, descriptor, input, () => guest.memory.vectors(table, count), readPointer);
  },
  sock_send: (
    { guest }: Context,
    number: number,
    table: number,
    count: number,
    flags: number,
    pointer: number,
  ): Answer => {
    const descriptor = socketWith(guest, number, right.write);
    const { output } = connectionOf(descriptor);
    if (flags !== 0) return errno.notSupported;
    guest.memory.bytes(pointer, 4);
    return send(guest, descriptor, output, () => guest.memory.vectors(table, count), pointer);
  },
  sock_shutdown: ({ guest }: Context, number: number, how: number): Answer => {
    const connection = connectionOf(socketWith(guest, number, right.shutdown));
    if (checkedFlags(how, ways) === 0) return errno.invalid;
    return void connection.shutdown({ receive: (how & ways.receive) !== 0, send: (how & ways.send) !== 0 });
  },
} satisfies Readonly<Record<string, Call>>;
