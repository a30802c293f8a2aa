import test from 'ava';
import { parseBrokerAddress } from '../../../device-agent/transport/broker-address.ts';

const cases: readonly (readonly [string, ReturnType<typeof parseBrokerAddress>])[] = [
  ['shore', { host: 'shore' }],
  ['shore.example:8884', { host: 'shore.example', port: '8884' }],
  ['192.0.2.7:8884', { host: '192.0.2.7', port: '8884' }],
  ['2001:db8::7', { host: '2001:db8::7' }],
  ['::1', { host: '::1' }],
  ['[2001:db8::7]', { host: '2001:db8::7' }],
  ['[2001:db8::7]:8884', { host: '2001:db8::7', port: '8884' }],
  ['::ffff:192.0.2.7', { host: '::ffff:192.0.2.7' }],
  ['', undefined],
  ['shore:mqtt', undefined],
  ['[shore]:8884', undefined],
  ['2001:db8::7::8', undefined],
  ['[2001:db8::7', undefined],
  ['https://shore', undefined],
];

for (const [text, address] of cases) {
  test(`parseBrokerAddress() reads ${JSON.stringify(text)} as ${JSON.stringify(address)}`, (t) => {
    t.deepEqual(parseBrokerAddress(text), address);
  });
}
