import test from 'ava';
import { announcedController } from '../../cli/announced-controller.ts';
import type { CommandContext } from '../../cli/command.ts';
import { announce, announcementDirectory, readAnnouncements } from '../../controller/announcement.ts';
import { SimDisk } from '../sim/sim-disk.ts';

const environment = { HOME: '/home/ada' };
const directory = announcementDirectory(environment)!;

function announcementOf(port: number, source: string) {
  return { controller: `https://127.0.0.1:${port}`, ca: '/s/ca.pem', tokenFile: '/s/token', source };
}

function stage() {
  const disk = new SimDisk();
  for (const path of ['/s', '/home/ada/one/.git', '/home/ada/one/devices', '/home/ada/other/.git'])
    disk.makeDirectory(path);
  disk.open('/s/token', 'write').close();
  const find = (from: string) =>
    announcedController({ disk, environment, directory: from } as unknown as CommandContext, undefined).controller;
  return { disk, find };
}

test('a running controller is found in the checkout it follows, and anywhere while it is the only one', (t) => {
  const { disk, find } = stage();
  t.throws(() => find('/home/ada/one'), {
    message: /no controller of yours runs on this machine; set FLEET_CLI_CONTROLLER/,
  });
  const first = announce(disk, directory, '/state/1', announcementOf(1, '/home/ada/one'));
  t.is(find('/home/ada/one/devices'), 'https://127.0.0.1:1');
  t.is(find('/home/ada/other'), 'https://127.0.0.1:1');
  announce(disk, directory, '/state/2', announcementOf(2, 'https://git.example/fleet'));
  t.is(find('/home/ada/one'), 'https://127.0.0.1:1');
  t.throws(() => find('/home/ada/other'), { message: /several run on this machine/ });
  first[Symbol.dispose]();
  t.is(find('/home/ada/one'), 'https://127.0.0.1:2');
});

test('what is no announcement, and one whose state is gone, are passed over', (t) => {
  const { disk, find } = stage();
  announce(disk, directory, '/state/1', { ...announcementOf(1, '/home/ada/one'), controller: 'http://127.0.0.1:1' });
  announce(disk, directory, '/state/2', { ...announcementOf(2, '/home/ada/one'), tokenFile: '/gone' });
  const file = disk.open(`${directory}/torn.json`, 'write');
  file.write(0, new TextEncoder().encode('{"controller":'));
  file.close();
  t.is(readAnnouncements(disk, directory).length, 1);
  t.throws(() => find('/home/ada/one'), { message: /no controller of yours runs/ });
  t.deepEqual(readAnnouncements(disk, '/nowhere'), []);
  t.is(announcementDirectory({}), undefined);
});

test('controllers that were killed and whose state is gone leave room for those that run', (t) => {
  const { disk, find } = stage();
  for (let n = 0; n < 200; n += 1) {
    announce(disk, directory, `/gone/${n}`, { ...announcementOf(n, '/home/ada/other'), tokenFile: `/gone/${n}` });
  }
  announce(disk, directory, '/state/1', announcementOf(1, '/home/ada/one'));
  t.is(find('/home/ada/one'), 'https://127.0.0.1:1');
  t.true(disk.list(directory).length < 64);
});
