/** Datagrams over the loopback, which is a network too. */
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { freePort } from '../../../platform/node/free-port.ts';
import { nodeLan, placesByRoutes } from '../../../platform/node/lan.ts';

const loopback = { interface: 'lo', address: '127.0.0.1', netmask: '255.0.0.0' };

test('what is sent to a group is heard by all that joined it on that network, and answered to who sent it', async (t) => {
  const group = { address: '224.0.0.251', port: await freePort() };
  const heard: string[] = [];
  const answering = (name: string) =>
    nodeLan.join(loopback, group, (bytes, from) => {
      heard.push(`${name} ${Buffer.from(bytes)}`);
      sockets[name === 'one' ? 0 : 1]!.send(Buffer.from(`from ${name}`), from);
    });
  const sockets = await Promise.all([answering('one'), answering('other')]);
  const answers = new Set<string>();
  const { promise: both, resolve } = Promise.withResolvers<void>();
  using asking = await nodeLan.open(loopback, (bytes, { address }) => {
    answers.add(`${Buffer.from(bytes)} at ${address}`);
    if (answers.size === 2) resolve();
  });
  asking.send(Buffer.from('who is there'), group);
  await both;
  t.deepEqual(heard.toSorted(), ['one who is there', 'other who is there']);
  t.deepEqual([...answers].toSorted(), ['from one at 127.0.0.1', 'from other at 127.0.0.1']);
  for (const socket of sockets) socket[Symbol.dispose]();
});

test('a network that is not there any more is told of, and what is sent over it is lost', async (t) => {
  const gone = { ...loopback, address: '198.51.100.7' };
  await t.throwsAsync(
    nodeLan.open(gone, () => {}),
    { message: /EADDRNOTAVAIL/ },
  );
  await t.throwsAsync(nodeLan.join(gone, { address: '224.0.0.251', port: await freePort() }, () => {}));
  using socket = await nodeLan.open(loopback, () => {});
  t.notThrows(() => socket.send(Buffer.from('nobody'), { address: '198.51.100.7', port: 9 }));
  t.notThrows(() => socket.send(Buffer.from('who sent from port 0'), { address: '127.0.0.1', port: 0 }));
});

test('where the system tells no interfaces networks follow from the table of routes', async (t) => {
  const line = (...fields: string[]) => fields.join('\t');
  const table = [
    line('Iface', 'Destination', 'Gateway ', 'Flags', 'RefCnt', 'Use', 'Metric', 'Mask', 'MTU'),
    line('lo', '0000007F', '00000000', '0001', '0', '0', '0', '000000FF', '0'),
    line('eth0', '00000000', '0100A8C0', '0003', '0', '0', '0', '00000000', '0'),
    line('eth1', '0000010A', '0100A8C0', '0003', '0', '0', '0', '0000FFFF', '0'),
    '',
  ].join('\n');
  t.deepEqual(await placesByRoutes(table), [loopback]);
  const told = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ family }) => family === 'IPv4'),
  );
  t.deepEqual(
    (await nodeLan.places()).map(({ address }) => address).toSorted(),
    told.map(({ address }) => address).toSorted(),
  );
});
