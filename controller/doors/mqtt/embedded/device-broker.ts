/** aedes under our rules: every question that it asks of a connection is answered by the devices' lines. */
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import type { AuthorizationRefusal } from '../../../authority/authorization.ts';
import { parseRequestTopic } from '../../../shadow/topics.ts';
import type { ConnectRefusal, DeviceLines } from './device-lines.ts';
import type { BrokerLimits } from './limits.ts';

/** Return codes of CONNACK in MQTT 3.1.1. */
const serverUnavailable = 3;
const notAuthorized = 5;

/** `$aws/things/NAME/shadow/name/fleet/OPERATION/ANSWER` has eight; what is deeper is nobody's. */
const topicLevelsMax = 8;

/** What aedes says when it ends a connection whose reader took nothing for `drainTimeout`. */
const readerStalled = 'drain timeout';

function authenticateError({ message, isTemporary }: ConnectRefusal): AuthenticateError {
  return Object.assign(new Error(message), { returnCode: isTemporary ? serverUnavailable : notAuthorized });
}

function judgePublish(lines: DeviceLines<Client>, client: Client | null, packet: PublishPacket): Error | null {
  if (client === null) return null;
  // A request is not a state: nothing of it is kept for later subscribers.
  packet.retain = false;
  const refusal = lines.judgePublish(client, packet);
  if (refusal === undefined) return null;
  lines.refuse(client, refusal);
  return new Error(refusal.message);
}

/** A request is the shore's to hear: who subscribed to all of its shadow would be told each of its own again. */
function isEcho(topic: string): boolean {
  return parseRequestTopic(topic) !== undefined;
}

function judgeReader(lines: DeviceLines<Client>, client: Client): boolean {
  const refusal = lines.judgeReader(client, client.conn.writableLength);
  if (refusal !== undefined) cutOff(lines, client, refusal);
  return refusal === undefined;
}

/** Ends a connection at once and says why. */
export function cutOff(lines: DeviceLines<Client>, client: Client, refusal: AuthorizationRefusal): void {
  lines.refuse(client, refusal);
  client.conn.destroy();
}

/** Why aedes ended a connection, where it was for a rule of ours. */
export function refusalOfEnd(error: Error, { stalledMs }: BrokerLimits): AuthorizationRefusal | undefined {
  if (error.message !== readerStalled) return undefined;
  const message = `it asks and does not read: it took nothing for ${stalledMs / 1000} s; it is cut off`;
  return { code: 'READER_TOO_SLOW', message };
}

/** A broker that keeps nothing for who is away, and in which nobody waits for another. */
export function createDeviceBroker(lines: DeviceLines<Client>, limits: BrokerLimits): Aedes {
  const withWill = new WeakSet<Client>();
  return new Aedes({
    // No limit over all: it would make everybody wait for the slowest reader.
    concurrency: 0,
    drainTimeout: limits.stalledMs,
    connectTimeout: limits.handshakeMs,
    keepaliveLimit: limits.keepAliveSecondsMax,
    maxTopicLevels: topicLevelsMax,
    preConnect: (client, packet, done) => {
      const device = lines.deviceOf(client);
      if (device === undefined) return done(new Error('not a device'), false);
      if (packet.will !== undefined) withWill.add(client);
      packet.clean = true;
      packet.clientId = device;
      done(null, true);
    },
    authenticate: (client, _username, _password, done) => {
      const refusal = lines.judgeConnect(client, withWill.has(client));
      if (refusal === undefined) return done(null, true);
      lines.refuse(client, refusal);
      done(authenticateError(refusal), false);
    },
    authorizePublish: (client, packet, done) => done(judgePublish(lines, client, packet)),
    authorizeSubscribe: (client, subscription, done) => {
      const refusal = lines.judgeSubscribe(client, subscription.topic);
      if (refusal !== undefined) lines.refuse(client, refusal);
      done(null, refusal === undefined ? subscription : null);
    },
    authorizeForward: (client, packet) => (!isEcho(packet.topic) && judgeReader(lines, client) ? packet : null),
  });
}
