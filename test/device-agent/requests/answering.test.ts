/** A whole agent on simulated ports is asked for something beside its deployment. */
import test from 'ava';
import { requestPayloadType, signEnvelope } from '../../../artifact/trust/dsse.ts';
import { appendToLog } from '../../../device-agent/runtime/log-file.ts';
import { encodeAnswer as encodeBatchAnswer } from '../../../schemas/batch-answer.ts';
import { answersChannel, type DeviceAnswer, decodeAnswer } from '../../../schemas/device-answer.ts';
import type { DeviceRequest } from '../../../schemas/generated/types.ts';
import { readPart, unpackBatch } from '../../../schemas/message-batch.ts';
import type { Ship } from '../ship.ts';
import { startMs } from '../shore.ts';
import { proved } from '../update/proved-ship.ts';

const hourMs = 3_600_000;
const day = new Date(startMs).toISOString().slice(0, 10);

function requestFor(change: Partial<DeviceRequest> = {}): DeviceRequest {
  return {
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'DeviceRequest', id: 'ab'.repeat(8), device: 'anna' },
    ...{ ask: 'logs', application: 'gauge', bytesMax: 2_048, issuedAt: new Date(startMs).toISOString() },
    expiresAt: new Date(startMs + 24 * hourMs).toISOString(),
    ...change,
  };
}

function ask(ship: Ship, request: DeviceRequest, key = ship.shore.deploymentKey): void {
  const envelope = signEnvelope(requestPayloadType, Buffer.from(JSON.stringify(request)), [key]);
  ship.want({ ...(ship.desired as object), request: envelope });
}

/** Has the shore take answers, and keep each as often as it comes. */
function hearAnswers(ship: Ship): (DeviceAnswer | undefined)[] {
  const heard: (DeviceAnswer | undefined)[] = [];
  ship.onPart = (part) => {
    const { application, channel, stream, segment, index, messages } = unpackBatch(readPart(part).bytes);
    if (channel === answersChannel.channel) heard.push(...messages.map(({ message }) => decodeAnswer(message)));
    return encodeBatchAnswer({ application, channel, stream, taken: { segment, index: index + messages.length - 1 } });
  };
  return heard;
}

function print(ship: Ship, text: string): void {
  ship.disk.makeDirectory('/state/runtime/logs');
  appendToLog(ship.disk, '/state/runtime/logs', 'gauge', Buffer.from(text));
}

test('a device answers what it is asked for once, with what was printed since then, whatever starts and connections come', async (t) => {
  const ship = await proved();
  const heard = hearAnswers(ship);
  print(ship, `${day}T00:00:00.000Z out long ago\n${day}T23:00:00.000Z out lately\n`);
  ask(ship, requestFor({ since: `${day}T22:00:00.000Z` }));
  await ship.run(30);
  t.deepEqual(heard, [{ id: 'ab'.repeat(8), text: `${day}T23:00:00.000Z out lately\n` }]);
  ship.link.set(false);
  await ship.run(30);
  ship.link.set(true);
  await ship.agent!.stop();
  ship.boot();
  await ship.run(60);
  t.is(heard.length, 1);
});

test('an answer waits on the disk for a link, and one that is too long has its end alone', async (t) => {
  const ship = await proved();
  const heard = hearAnswers(ship);
  const lines = Array.from({ length: 2_000 }, (_, n) => `${day}T00:00:00.000Z out ${(n * 7_919) % 10_007} ${n}\n`);
  print(ship, lines.join(''));
  ask(ship, requestFor());
  ship.link.set(false);
  await ship.run(60);
  await ship.agent!.stop();
  ship.boot();
  await ship.run(60);
  t.deepEqual(heard, []);
  ship.link.set(true);
  await ship.run(60);
  t.is(heard.length, 1);
  t.true(heard[0]!.isCut);
  t.true(heard[0]!.text.startsWith(day) && heard[0]!.text.endsWith(lines.at(-1)!));
});

test('what nobody signed who may, what is for another device or over is not answered, and troubles no deployment', async (t) => {
  const ship = await proved();
  const heard = hearAnswers(ship);
  ask(ship, requestFor({ device: 'berta' }));
  await ship.run(30);
  ask(ship, requestFor({ expiresAt: new Date(startMs).toISOString() }));
  await ship.run(30);
  ask(ship, requestFor(), ship.shore.onlineKey);
  await ship.run(30);
  ship.want({ ...(ship.desired as object), request: 'no envelope' });
  await ship.run(30);
  t.deepEqual(heard, []);
  const refused = ship.logged.filter((line) => line.includes('request.refused'));
  t.deepEqual(
    refused.map((line) => /"code":"(\w+)"/.exec(line)?.[1]),
    ['WRONG_DEVICE', 'REQUEST_EXPIRED', 'ENVELOPE_MALFORMED'],
  );
  t.like(ship.report, { phase: 'active', answers: true });
  t.is(ship.report.problem, undefined);
});

test('a diagnosis comes as JSON of what the device knows of itself', async (t) => {
  const ship = await proved();
  const heard = hearAnswers(ship);
  const { application: _application, ...request } = requestFor({ ask: 'diagnosis', bytesMax: 24_576 });
  ask(ship, request);
  await ship.run(30);
  t.like(JSON.parse(heard[0]!.text), { kind: 'Diagnosis', journal: { engine: { state: 'active' } } });
});
