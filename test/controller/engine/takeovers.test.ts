import test from 'ava';
import { openEngine } from './test-engine.ts';

test('a takeover is one line in the log, however often it happens again, and two machines are another', async (t) => {
  const lines: string[] = [];
  const log = {
    write: (level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (level === 'warn') lines.push(`${event} ${fields.code ?? ''}`.trim());
    },
  };
  const { engine } = await openEngine({ log, tellsConnections: true });
  for (let turn = 0; turn < 11; turn += 1) {
    await engine.ask({
      ...{ kind: 'contact', device: 'buoy', connected: true },
      ...{ address: `10.0.0.${turn % 2}`, takenOverFrom: `10.0.0.${(turn + 1) % 2}` },
    });
  }
  t.deepEqual(lines, ['device.taken-over', 'device.trouble TWO_MACHINES']);
  await engine.stop();
});
