import test from 'ava';
import { isApplication } from '../../schemas/generated/validators/application.js';

function isGrantable(host: string): boolean {
  return isApplication({
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'Application', metadata: { name: 'caller' } },
    spec: { release: '1', allowedOutboundHosts: [host] },
  });
}

test('an outbound host is one machine and one port that there is', (t) => {
  for (const host of ['tcp://10.0.0.5:502', 'tcp://gw.example:65535', 'tcp://[fd00::1]:1', 'tcp://a:80']) {
    t.true(isGrantable(host), host);
  }
  for (const host of ['10.0.0.5:502', 'tcp://10.0.0.5', 'tcp://a:0', 'tcp://a:65536', 'tcp://a:080', 'tcp://*:80']) {
    t.false(isGrantable(host), host);
  }
});
