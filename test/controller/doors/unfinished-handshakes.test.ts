import test from 'ava';
import { UnfinishedHandshakes } from '../../../controller/doors/unfinished-handshakes.ts';

test('a crowd of sources that finish no handshake pushes out who was silent for longest, and nobody else', (t) => {
  const told: string[] = [];
  const handshakes = new UnfinishedHandshakes(({ address }) => told.push(address!));
  for (let time = 0; time < 2; time++) handshakes.unfinished('192.0.2.1');
  for (let one = 0; one < 1_023; one++) handshakes.unfinished(`198.18.${one >> 8}.${one & 255}`);
  handshakes.unfinished('192.0.2.1');
  t.deepEqual(told, ['192.0.2.1']);
  for (let one = 0; one < 1_024; one++) handshakes.unfinished(`198.19.${one >> 8}.${one & 255}`);
  handshakes.unfinished('192.0.2.1');
  t.deepEqual(told, ['192.0.2.1']);
});

test('addresses of one IPv6 network are one source', (t) => {
  const told: string[] = [];
  const handshakes = new UnfinishedHandshakes(({ address, message }) =>
    told.push(`${address} ${message.slice(0, 22)}`),
  );
  for (const end of [1, 2, 3]) handshakes.unfinished(`2001:db8::${end}`);
  t.deepEqual(told, ['2001:db8::3 3 connections in a row']);
});
