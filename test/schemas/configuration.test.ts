import test from 'ava';
import { type ConfigurationInputs, resolveConfiguration } from '../../schemas/configuration.ts';

function inputs(file: unknown, more: Partial<ConfigurationInputs> = {}): ConfigurationInputs {
  return { file, environment: {}, flags: {}, resolvePath: (path, from) => `${from}:${path}`, ...more };
}

const controller = { source: { url: 'https://git.example/fleet.git' } };

test('flags win over the environment, the environment over the file, the file over defaults', (t) => {
  const file = { controller: { ...controller, http: { port: 1 } } };
  const portOf = (more: Partial<ConfigurationInputs>): unknown => {
    const result = resolveConfiguration('controller', inputs(file, more));
    return 'value' in result ? result.value.http?.port : result.faults;
  };
  const environment = { FLEET_CONTROLLER_HTTP_PORT: '2' };
  t.is(portOf({ environment, flags: { 'http.port': '3' } }), 3);
  t.is(portOf({ environment }), 2);
  t.is(portOf({}), 1);
  const bare = resolveConfiguration('controller', inputs({ controller }));
  t.is('value' in bare ? bare.value.http?.port : 0, 7443);
});

test('a section that nobody wrote is not there, whatever is usual inside of it', (t) => {
  const files = { ca: 'ca.pem', trustRoot: 'root.json' };
  const agent = {
    device: 'crane',
    controller: 'https://shore.example:7443',
    mqtt: { host: 'shore.example' },
    ...files,
  };
  const result = resolveConfiguration('agent', inputs({ agent }));
  t.deepEqual('value' in result ? result.value.http : result.faults, undefined);
  const shore = resolveConfiguration('controller', inputs({ controller }));
  t.deepEqual('value' in shore ? shore.value.channels : shore.faults, undefined);
  const channels = { files: { directory: 'out' } };
  const filed = resolveConfiguration('controller', inputs({ controller: { ...controller, channels } }));
  t.is('value' in filed ? filed.value.channels?.files?.fileMinutes : filed.faults, 60);
});

test('relative paths start where they were written, and URLs are left alone', (t) => {
  const file = { controller: { ...controller, keys: 'keys' } };
  const result = resolveConfiguration(
    'controller',
    inputs(file, { environment: { FLEET_CONTROLLER_STATE_DIRECTORY: 'state' } }),
  );
  if (!('value' in result)) return t.fail(JSON.stringify(result.faults));
  t.is(result.value.keys, 'file:keys');
  t.is(result.value.stateDirectory, 'caller:state');
  t.is(result.value.source.url, 'https://git.example/fleet.git');
});

/** `[who gave it] key message` of everything that is wrong. */
function faultsOf(
  section: 'controller' | 'cli' | 'agent',
  file: unknown,
  more: Partial<ConfigurationInputs> = {},
): string[] {
  const result = resolveConfiguration(section, inputs(file, more));
  if (!('faults' in result)) return [];
  return result.faults.map(({ key, message, givenBy }) => `${givenBy ? `[${givenBy}] ` : ''}${key} ${message}`);
}

test('every fault is told at once: with its key, the nearest name, what was seen and who gave it', (t) => {
  const file = { controller: { htp: {}, http: { port: 'x', prt: 1 } }, agent: { devise: 'a' }, clii: {} };
  const environment = { FLEET_CONTROLLER_MQTT_PORT: '99999', FLEET_CONTROLLER_SOURCE_WEBHOOK_SECRET: 'hunter2' };
  const faults = faultsOf('controller', file, { environment, flags: { 'http.prt': '1' } });
  t.deepEqual(faults.toSorted(), [
    '[FLEET_CONTROLLER_MQTT_PORT] controller.mqtt.port must be <= 65535, not 99999',
    '[FLEET_CONTROLLER_SOURCE_WEBHOOK_SECRET] controller.source.webhookSecret must NOT have fewer than 16 characters' +
      ' (Shared secret of POST /hooks/git (X-Hub-Signature-256); without it the hook is off)',
    '[the flag http.prt] http.prt there is no such key; did you mean "http.port"?',
    'agent.devise there is no such key; did you mean "device"?',
    'clii there is no such key; did you mean "cli"?',
    'controller.htp there is no such key; did you mean "http"?',
    'controller.http.port must be a whole number, not "x"',
    'controller.http.prt there is no such key; did you mean "port"?',
    'controller.source.url is missing (An http(s) git remote, or the path of a local repository, opened in place);' +
      ' write it, or set FLEET_CONTROLLER_SOURCE_URL',
  ]);
});

test('a file that is a list is refused, a section without a value is an empty one', (t) => {
  t.deepEqual(faultsOf('cli', []), [' must be a mapping, not a list']);
  t.deepEqual(faultsOf('cli', { cli: null, agent: null }), []);
});

test('what is no URL is refused before anybody asks it', (t) => {
  const not = 'is not what it must be: "shore" (https:// URL of the controller)';
  t.deepEqual(faultsOf('cli', { cli: { controller: 'shore' } }), [`cli.controller ${not}`]);
});

test('the API token goes nowhere but over TLS', (t) => {
  const not = 'is not what it must be: "http://shore" (https:// URL of the controller)';
  t.deepEqual(faultsOf('cli', { cli: { controller: 'http://shore' } }), [`cli.controller ${not}`]);
});

test('a device asks its controller over nothing but TLS: what it is told there it believes', (t) => {
  const mqtt = { host: 'shore' };
  const agent = { device: 'buoy', mqtt, ca: 'ca.pem', trustRoot: 'root.json', controller: 'http://shore' };
  const not = 'is not what it must be: "http://shore" (https:// URL of the controller)';
  t.deepEqual(faultsOf('agent', { agent }), [`agent.controller ${not}`]);
});

test('what could not stand in a certificate as a name or an address is no hostname', (t) => {
  const judged = (hostname: string) => {
    const file = { controller: { source: { url: '/srv/fleet' }, hostnames: [hostname] } };
    return (
      'value' in resolveConfiguration('controller', { file, environment: {}, flags: {}, resolvePath: (path) => path })
    );
  };
  for (const right of ['shore.example', 'localhost', '192.0.2.7', '::1', '2001:db8::7', 'shore'])
    t.true(judged(right), right);
  for (const wrong of ['https://shore', 'shore:7443', '[::1]', '["::1"]', '', 'a b', 'shore/'])
    t.false(judged(wrong), wrong);
});

test('a variable without a text gives nothing', (t) => {
  const result = resolveConfiguration('cli', inputs({ cli: { token: 'a' } }, { environment: { FLEET_CLI_TOKEN: '' } }));
  t.is('value' in result ? result.value.token : '', 'a');
});

test('a section of another program that lacks something does not stand in the way', (t) => {
  const result = resolveConfiguration('cli', inputs({ agent: { device: 'a' }, cli: {} }));
  t.true('value' in result);
});
