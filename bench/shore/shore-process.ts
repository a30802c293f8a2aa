/**
 * The shore's end as a process of its own, so that its memory and the blocks of its event loop are its own: the embedded
 * broker, or our client of a Mosquitto, and an answer to every report. `shore-process.ts DIRECTORY embedded|URL PORT ANSWER-BYTES`
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openAuthority } from '../../controller/authority/authority.ts';
import { createGuard } from '../../controller/doors/guard.ts';
import { startEmbeddedBroker } from '../../controller/doors/mqtt/embedded/broker.ts';
import { connectExternalBroker } from '../../controller/doors/mqtt/external/bus.ts';
import { answerTopic, parseRequestTopic, requestFilter } from '../../controller/shadow/topics.ts';
import { nodeClock as clock } from '../../platform/node/clock.ts';
import { nodeDisk as disk } from '../../platform/node/disk.ts';
import { nodeRandom as random } from '../../platform/node/random.ts';
import type { MessageBus } from '../../platform/ports.ts';
import { LoopTurns } from './loop-turns.ts';
import type { ShoreSample } from './shore.ts';

const [directory = '', kind = '', port = '', answerBytes = ''] = process.argv.slice(2);
const log = { write: () => {} };

const authority = await openAuthority({ disk, clock, random, directory });
const identity = await authority.serverIdentity(['localhost', '127.0.0.1']);
const refusals: string[] = [];

async function openBus(): Promise<MessageBus> {
  if (kind !== 'embedded') {
    const external = {
      url: kind,
      clientId: 'fleet-controller',
      authority: authority.certificate,
      identity,
      clock,
      log,
    };
    return connectExternalBroker(external);
  }
  return startEmbeddedBroker({
    ...{ host: '127.0.0.1', port: Number(port), identity, authority: authority.certificate, clock, log },
    authorize: () => 'ok',
    onRefusal: ({ code }) => refusals.push(code),
    guard: createGuard({ clock, log }),
  });
}

const bus = await openBus();
const answer = Buffer.alloc(Number(answerBytes), 'x');
await bus.subscribe(requestFilter('update'), ({ topic }) => {
  const asked = parseRequestTopic(topic);
  if (asked !== undefined) void bus.publish(answerTopic(asked.device, 'update', 'accepted'), answer).catch(() => {});
});
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const turns = new LoopTurns();
process.on('message', () => {
  const sample: ShoreSample = {
    longestBlockMs: delay.max / 1e6,
    longestTurnCpuMs: turns.take(),
    refusals: refusals.splice(0),
  };
  delay.reset();
  process.send?.(sample);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
