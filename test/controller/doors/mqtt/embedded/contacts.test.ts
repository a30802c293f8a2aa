/** What the broker tells of connections: takeovers above all, and that an error of whoever hears it ends nothing. */
import { X509Certificate } from 'node:crypto';
import test from 'ava';
import { createGuard } from '../../../../../controller/doors/guard.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import { quietGuard } from '../../scene.ts';
import { client, ended, open, own, until } from './stage.ts';

test('two machines under one name are told with both addresses, and one that came back after its end is not', async (t) => {
  const lines: [string, unknown][] = [];
  await using stage = await open({}, { log: { write: (_, event, fields) => lines.push([event, fields]) } });
  const device = await stage.scene.device('buoy-1');
  const first = await client(stage, device);
  const second = await client(stage, device);
  await until(() => stage.contacts.length === 3);
  const [address, from] = ['127.0.0.1', '127.0.0.1'];
  const taken = { device: 'buoy-1', connected: true, address, takenOverFrom: from };
  const plain = stage.contacts.map(({ address: at, takenOverFrom, certificateEndsAt: _, ...rest }) => ({
    ...rest,
    address: at.replace('::1', address),
    ...(takenOverFrom && { takenOverFrom: takenOverFrom.replace('::1', from) }),
  }));
  t.deepEqual(plain.at(-1), taken);
  t.is(plain[0]?.takenOverFrom, undefined);
  const endsAt = Date.parse(new X509Certificate(device.certificate).validTo);
  t.is(stage.contacts[0]?.certificateEndsAt, endsAt, 'and when the certificate ends');
  t.is(lines.filter(([event]) => event === 'broker.taken-over').length, 1);
  await second.endAsync();
  await until(() => stage.contacts.at(-1)?.connected === false);
  const third = await client(stage, device);
  await until(() => stage.contacts.at(-1)?.connected === true);
  t.is(stage.contacts.at(-1)?.takenOverFrom, undefined);
  await third.endAsync();
  first.end(true);
});

test('takeovers of one device are bounded: the connection there is stays, and it is said', async (t) => {
  await using stage = await open({ takeoversBurst: 2, takeoverEveryMs: 3_600_000 });
  const device = await stage.scene.device('buoy-1');
  await client(stage, device);
  await client(stage, device);
  const last = await client(stage, device);
  await t.throwsAsync(client(stage, device), { message: /Server unavailable/ });
  await last.publishAsync(own('buoy-1', 'get'), '', { qos: 1 });
  t.true(last.connected);
  t.deepEqual(
    stage.refusals.map(({ code, device: name }) => [code, name]),
    [['TAKEN_OVER_TOO_OFTEN', 'buoy-1']],
  );
  const other = await client(stage, await stage.scene.device('buoy-2'));
  t.true(other.connected);
  await Promise.all([last.endAsync(), other.endAsync()]);
});

test('an error behind the door is told with its subject, and ends neither the broker nor anybody else', async (t) => {
  const failures: unknown[] = [];
  const log = {
    write: (_: string, event: string, fields: unknown) => void (event === 'door.failed' && failures.push(fields)),
  };
  const full = () => {
    throw Object.assign(new Error('no space left'), { code: 'NO_SPACE' });
  };
  await using stage = await open({}, { onRefusal: full, guard: createGuard({ clock: nodeClock, log }) });
  const device = await stage.scene.device('buoy-1');
  const stranger = await stage.scene.device('stranger');
  stage.scene.named.delete('stranger');
  await t.throwsAsync(client(stage, stranger), { message: /Not authorized/ });
  stage.broker.onConnection(full);
  await stage.broker.subscribe(own('+', 'get'), full);
  const connection = await client(stage, device);
  await connection.publishAsync(own('buoy-1', 'get'), '', { qos: 1 });
  await connection.publishAsync(own('buoy-1', 'get'), '', { qos: 1 });
  t.deepEqual(failures, [{ door: 'mqtt', subject: 'stranger', code: 'NO_SPACE', error: 'no space left' }]);
  const closed = ended(connection);
  connection.end();
  await closed;
});

test('when it cannot be told whom git names, nobody is let in and the broker lives', async (t) => {
  const broken = () => {
    throw new Error('the revision in force cannot be read');
  };
  await using stage = await open({}, { authorize: broken, guard: quietGuard });
  const device = await stage.scene.device('buoy-1');
  await t.throwsAsync(client(stage, device), { message: /Not authorized/ });
  t.deepEqual(
    stage.refusals.map(({ code }) => code),
    ['NOT_JUDGED'],
  );
});
