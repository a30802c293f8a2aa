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

test('an unknown key, a wrong type and an unknown flag are each named', (t) => {
  const result = resolveConfiguration(
    'controller',
    inputs({ controller: { ...controller, portt: 1, http: { port: 'x' } } }, { flags: { nope: '1' } }),
  );
  if (!('faults' in result)) return t.fail();
  const keys = result.faults.map(({ key, message }) => `${key} ${message}`).join('\n');
  t.regex(keys, /portt/);
  t.regex(keys, /controller\.http\.port/);
});

test('a section of another program that lacks something does not stand in the way', (t) => {
  const result = resolveConfiguration('cli', inputs({ agent: { device: 'a' }, cli: {} }));
  t.true('value' in result);
});
