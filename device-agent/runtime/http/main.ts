/**
 * The door for requests to applications, `node main.ts HOST PORT`: a process of its own, because it reads what strangers send
 * and the supervisor is trusted, and because only devices that have such applications are to pay for it.
 */
import { nodeClock } from '../../../platform/node/clock.ts';
import { startLocalHttpServer } from '../../../platform/node/local-http-server.ts';
import { onStarterGone } from '../../../platform/node/starter-gone.ts';
import { Door } from './door.ts';
import { DropCount } from './drop-count.ts';
import { askBodyBytesMax, type FromDoor, type ToDoor } from './messages.ts';

const [host = '127.0.0.1', port = '0'] = process.argv.slice(2);
onStarterGone(() => process.exit());
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
const say = (message: FromDoor, said = (): void => {}): void => {
  if (process.connected) process.send?.(message, undefined, undefined, said);
};
const drops = new DropCount(nodeClock, (counts) => say({ kind: 'dropped', counts }));
const door = new Door(host, { ask: say, onDropped: (application) => drops.add(application) });
process.on('message', (message: ToDoor) => {
  if (message.kind === 'routes') door.route(message.routes);
  else door.answered(message);
});
try {
  const answer = (request: Parameters<Door['answer']>[0]) => door.answer(request);
  const onUnread = (): void => drops.add('');
  door.port = await startLocalHttpServer({ host, port: Number(port), bodyBytesMax: askBodyBytesMax, answer, onUnread });
  say({ kind: 'listening', port: door.port });
} catch (error) {
  say({ kind: 'deaf', message: (error as Error).message }, () => process.exit(1));
}
