import test from 'ava';
import { Traffic, type TrafficOptions } from '../../../device-agent/runtime/traffic.ts';

test('the host where an application runs is told that somebody wants to read its log, and no other', (t) => {
  const told: unknown[] = [];
  const post: TrafficOptions['post'] = (...telling) => told.push(telling) > 0;
  const traffic = new Traffic({ post, log: { write: () => {} } } as unknown as TrafficOptions);
  const plan = (key: string, name: string) => ({ key, applications: [{ name }] });
  traffic.arrange([plan('one', 'gauge'), plan('two', 'horn')] as unknown as Parameters<Traffic['arrange']>[0]);
  traffic.writeLog('horn');
  traffic.writeLog('nobody');
  t.deepEqual(told, [['two', { kind: 'write-log', application: 'horn' }]]);
});
