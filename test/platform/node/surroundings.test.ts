import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { interfacesOut } from '../../../platform/node/default-routes.ts';
import { nodeSurroundings, powerOf } from '../../../platform/node/surroundings.ts';

function directoryOf(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-surroundings-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('what a program left comes with the time at which it was written; a pipe, a directory or what is too large is nothing', (t) => {
  const directory = directoryOf(t);
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('speed'), '7.25\n');
  utimesSync(at('speed'), 1_000, 1_000);
  t.deepEqual(nodeSurroundings.leftText(at('speed'), 512), { text: '7.25\n', writtenMs: 1_000_000 });
  t.is(nodeSurroundings.leftText(at('speed'), 4), undefined);
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('directory'));
  for (const name of ['pipe', 'directory', 'none']) t.is(nodeSurroundings.leftText(at(name), 512), undefined);
});

test('what leads out are default routes, in the order in which they are taken, those of IPv4 before those of IPv6', (t) => {
  const row = (name: string, to: string, metric: number, mask: string): string =>
    [name, to, '0100000A', '0003', '0', '0', String(metric), mask, '0', '0', '0'].join('\t');
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const near = row('eth1', '0000000A', 0, '00FFFFFF');
  const routes = [head, near, row('wwan0', '00000000', 700, '00000000'), row('wlan0', '00000000', 600, '00000000')];
  t.deepEqual(interfacesOut(routes.join('\n'), ''), ['wlan0', 'wwan0']);
  t.deepEqual(interfacesOut([head, near].join('\n'), ''), []);
  const none = '0'.repeat(32);
  const six = (length: string, name: string, metric: string): string =>
    [none, length, none, '00', none, metric, '00000001', '00000000', '00450003', name].join(' ');
  t.deepEqual(interfacesOut('', [six('40', 'eth0', '00000001'), six('00', 'lo', 'ffffffff')].join('\n')), []);
  const routes6 = [six('00', 'sat0', '00000400'), six('00', 'wlan0', '00000300'), six('00', 'lo', 'ffffffff')];
  t.deepEqual(interfacesOut('', routes6.join('\n')), ['wlan0', 'sat0']);
  t.deepEqual(interfacesOut(routes.join('\n'), routes6.join('\n')), ['wlan0', 'wwan0', 'sat0']);
});

test('power is what the supplies of the machine tell, without those of what is plugged into it', (t) => {
  const directory = directoryOf(t);
  const supply = (name: string, tells: Readonly<Record<string, string>>): void => {
    mkdirSync(join(directory, name));
    for (const [what, text] of Object.entries(tells)) writeFileSync(join(directory, name, what), `${text}\n`);
  };
  t.deepEqual(powerOf(join(directory, 'none')), {});
  supply('mouse', { type: 'Battery', scope: 'Device', capacity: '5', status: 'Discharging' });
  t.deepEqual(powerOf(directory), {});
  supply('BAT0', { type: 'Battery', capacity: '80', status: 'Discharging' });
  t.deepEqual(powerOf(directory), { external: false, battery: 80 });
  supply('BAT1', { type: 'Battery', capacity: '31', status: 'Full' });
  t.deepEqual(powerOf(directory), { external: true, battery: 31 });
  supply('AC', { type: 'Mains', online: '0' });
  t.deepEqual(powerOf(directory), { external: false, battery: 31 });
  supply('USBC', { type: 'USB', online: '1' });
  t.deepEqual(powerOf(directory), { external: true, battery: 31 });
});
