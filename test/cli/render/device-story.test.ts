import test from 'ava';
import { deviceStory } from '../../../cli/render/device-story.ts';
import { styleFor } from '../../../cli/render/style.ts';
import type { DeviceStatus, StatusDocument } from '../../../schemas/generated/types.ts';

test('a device that waits for its first deployment does not wait since the beginning of time', (t) => {
  const at = '2026-03-01T00:00:00.000Z';
  const since = '1970-01-01T00:00:00.000Z';
  const report = { at, counter: 1, agentVersion: '0', phase: 'idle', since, highestSequence: 0, applications: [] };
  const device: DeviceStatus = {
    name: 'buoy-1',
    state: 'running',
    reason: { code: 'NO_FLEET', message: 'no fleet selects it' },
    ...{ contactAt: at, connected: true, report, events: [] },
  } as unknown as DeviceStatus;
  const status: StatusDocument = {
    ...{ asOf: at, fleets: [], sites: [], devices: [device], refusals: [] },
    source: { state: 'current', location: 'x', branch: 'main', problems: [] },
  } as unknown as StatusDocument;
  const story = deviceStory(device, status, styleFor(false), 200);
  t.regex(story, /Then it ran nothing and waited for a deployment\./);
  t.notRegex(story, /\d{5}d/);
});
