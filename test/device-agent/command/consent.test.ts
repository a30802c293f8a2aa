import test from 'ava';
import { callerOf, consentAboard } from '../../../device-agent/command/consent.ts';
import { gauge2, horn1, proved } from '../update/proved-ship.ts';

const path = '/state/agent.sock';

test('a person aboard asks what waits, says no with a reason, and later yes', async (t) => {
  const ship = await proved();
  t.is(await consentAboard(ship.doors, path, {}), 'anna: no deployment waits.\n');
  ship.want(ship.shore.desired(2, [gauge2, horn1], { consent: 'required' }));
  await ship.run(60);
  t.regex(
    await consentAboard(ship.doors, path, {}),
    /^anna: deployment 2 of commit \w+ needs consent\.\nIt does not go on now: .*somebody aboard says yes.* \(CONSENT_NEEDED\)\.\n$/,
  );
  const no = { answer: 'denied', by: 'mate', reason: 'pilot aboard', until: '2026-03-01T04:00:00Z' } as const;
  t.is(
    await consentAboard(ship.doors, path, no),
    'mate said no to deployment 2 until 2026-03-01T04:00:00.000Z: pilot aboard; it is written down.\n',
  );
  await ship.run(60);
  t.regex(
    await consentAboard(ship.doors, path, {}),
    /mate said no to deployment 2 until .*: pilot aboard \(2026-03-01T00:/,
  );
  await t.throwsAsync(consentAboard(ship.doors, path, { answer: 'granted', by: 'mate', deployment: 1 }), {
    message: 'deployment 2 waits, not 1; look at that one first (OTHER_DEPLOYMENT)',
  });
  await t.throwsAsync(consentAboard(ship.doors, path, { answer: 'granted' }), { message: /add --by NAME/ });
  await consentAboard(ship.doors, path, { answer: 'granted', by: 'mate' });
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('where no agent answers, it is said where it was looked for', async (t) => {
  const ship = await proved();
  await t.throwsAsync(consentAboard(ship.doors, '/other', { answer: 'granted', by: 'mate' }), {
    message: /the agent does not answer at \/other: .*; does it run, and may you write there\?/,
  });
});

test('who became another user to say it is named as before', (t) => {
  t.is(callerOf({ SUDO_USER: 'mate', USER: 'root' }), 'mate');
  t.is(callerOf({ LOGNAME: 'fleet' }), 'fleet');
  t.is(callerOf({}), undefined);
});
