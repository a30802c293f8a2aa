import { networkInterfaces } from 'node:os';
import test from 'ava';
import { interfaceOf, interfaceOf4, interfaceOf6 } from '../../../platform/node/interface-of.ts';

// As /proc/net/route has it: a default route, two networks of which one lies within the other, and one by way of a gateway.
const routes = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
  'eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0',
  'wlan0\t0005A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0',
  'sat0\t0000000A\t0100A8C0\t0003\t0\t0\t100\t000000FF\t0\t0\t0',
].join('\n');

test('an IPv4 address belongs to the interface of the narrowest network that it lies in', (t) => {
  t.is(interfaceOf4('192.168.0.7', routes), 'eth0');
  t.is(interfaceOf4('192.168.5.7', routes), 'wlan0');
  t.is(interfaceOf4('10.0.0.1', routes), undefined, 'behind a gateway is elsewhere');
  t.is(interfaceOf4('192.168.0.7', ''), undefined);
});

test('an IPv6 address belongs to the interface that has it', (t) => {
  const table = [
    '00000000000000000000000000000001 01 80 10 80       lo',
    '20010db8000000000000000000000007 03 40 00 80    wwan0',
    'fe80000000000000020c29fffe123456 02 40 20 80     eth0',
  ].join('\n');
  t.is(interfaceOf6('2001:db8::7', table), 'wwan0');
  t.is(interfaceOf6('fe80::20c:29ff:fe12:3456', table), 'eth0');
  t.is(interfaceOf6('::1', table), 'lo');
  t.is(interfaceOf6('2001:db8::8', table), undefined);
});

test('an address of this machine is found, mapped into IPv6 as well, and a stranger is not', (t) => {
  const [name, [own] = []] = Object.entries(networkInterfaces()).find(([, list]) => list?.[0]?.family === 'IPv4')!;
  t.is(interfaceOf(own!.address), name);
  t.is(interfaceOf(`::ffff:${own!.address}`), name);
  t.is(interfaceOf('203.0.113.9'), undefined);
  t.is(interfaceOf(undefined), undefined);
});
