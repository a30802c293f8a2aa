/** Answers whoever looks up a name, whatever it is, with the shore's address (RFC 1035). */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { addresses } from './namespaces.ts';

/** The shore's name. */
export const shoreName = 'shore.test';

/** Where names are looked up. */
export const namesPort = 53;

const headerBytes = 12;
const addressType = 1;

/** Where the question ends: labels, type and class. */
function endOfQuestion(query: Buffer): number {
  let at = headerBytes;
  while (query[at] !== undefined && query[at] !== 0) at += query[at]! + 1;
  return at + 5;
}

function answerTo(query: Buffer): Buffer {
  const end = endOfQuestion(query);
  const isAddress = query.readUInt16BE(end - 4) === addressType;
  const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
  // The name of the question, for a minute, four bytes.
  const record = [
    0xc0,
    headerBytes,
    0,
    addressType,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    ...addresses.shore.split('.').map(Number),
  ];
  return Buffer.concat([header, query.subarray(headerBytes, end), Buffer.from(isAddress ? record : [])]);
}

/** Listens on shore. */
export async function startNames(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    if (query.length > headerBytes + 5) socket.send(answerTo(query), port, address);
  });
  socket.bind(namesPort, addresses.shore);
  await once(socket, 'listening');
  return socket;
}
