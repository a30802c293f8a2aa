/** What the controller keeps beside Mosquitto, and when it tells it; the real one is in bus.test.ts. */
import test from 'ava';
import { mosquittoAccessList } from '../../../../../controller/doors/mqtt/external/mosquitto-configuration.ts';
import { MosquittoSite } from '../../../../../controller/doors/mqtt/external/mosquitto-site.ts';
import { SimDisk } from '../../../../sim/sim-disk.ts';

const keyFingerprint = `SHA256:${'A'.repeat(43)}=`;
const subject = `serialNumber=${'00'.repeat(32)},CN=`;

function beside(disk: SimDisk) {
  const state = { isRunning: false, told: 0, warnings: 0 };
  const site = new MosquittoSite({
    ...{ disk, directory: '/state/mosquitto', authorityDirectory: '/state/authority', url: 'mqtts://[::1]:9' },
    log: {
      write: () => {
        state.warnings += 1;
      },
    },
    reload: () => {
      if (state.isRunning) state.told += 1;
      return state.isRunning;
    },
  });
  const users = () =>
    new TextDecoder()
      .decode(disk.readFile('/state/mosquitto/acl'))
      .split('\n')
      .filter((line) => line.startsWith('user '));
  return { site, state, users };
}

test('nobody but the controller is let in until the devices are known, and a restart locks nobody out', (t) => {
  const disk = new SimDisk();
  const first = beside(disk);
  t.deepEqual(first.users(), ['user CN=fleet:controller']);
  first.site.admit([{ name: 'buoy-1', keyFingerprint }, { name: 'without-a-key' }]);
  const all = ['user CN=fleet:controller', `user ${subject}buoy-1`];
  t.deepEqual(first.users(), all);
  t.deepEqual(beside(disk).users(), all);
});

test('who may say and hear what of messages stands in the access list, and a subscriber only hears', (t) => {
  const list = mosquittoAccessList([{ name: 'buoy-1', keyFingerprint }], [{ name: 'dashboard', keyFingerprint }]);
  const rules = new Map(list.split('\n\n').map((block) => [block.split('\n')[0], block.split('\n').slice(1)]));
  t.deepEqual(rules.get(`user ${subject}subscriber.dashboard`), ['topic read fleet/messages/+/+/+']);
  const device = rules.get(`user ${subject}buoy-1`)!.filter((rule) => rule.includes(' fleet/'));
  t.deepEqual(device, ['topic write fleet/buoy-1/out', 'topic read fleet/buoy-1/taken']);
  const controller = rules.get('user CN=fleet:controller')!.filter((rule) => rule.includes(' fleet/'));
  const [heard, answered] = ['topic read fleet/+/out', 'topic write fleet/+/taken'];
  t.deepEqual(controller, [heard, answered, 'topic write fleet/messages/+/+/+']);
});

test('what Mosquitto was not told because it did not run, it is told when it is reached, once', (t) => {
  const { site, state } = beside(new SimDisk());
  site.admit([{ name: 'buoy-1', keyFingerprint }]);
  t.is(state.told, 0);
  site.reached();
  t.is(state.warnings, 1, 'a broker answers that did not write the file');
  state.isRunning = true;
  site.reached();
  site.reached();
  site.admit([{ name: 'buoy-1', keyFingerprint }]);
  t.is(state.told, 1);
  site.admit([]);
  t.is(state.told, 2);
  site.renewIdentity();
  t.is(state.told, 3);
  t.is(state.warnings, 1);
});
