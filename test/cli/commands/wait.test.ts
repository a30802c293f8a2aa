import test from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { standByApi } from '../../../controller/doors/http/readiness.ts';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

test('in a checkout wait waits for HEAD, takes any name git knows, and ends at once with 4 when the commit is refused', async (t) => {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  world.edit('fleets/trucks.yaml', '- name: position-beacon', '- name: position-bacon');
  await world.commit('A slip');
  await world.startController();
  const head = await world.fleet(['wait']);
  t.is(head.exitCode, 4);
  t.regex(
    head.output,
    /waiting does not help: commit [0-9a-f]{7} is refused: 1 problem in its files; fleets\/trucks.yaml:\d+:/,
  );
  t.is((await world.fleet(['wait', '-r', 'HEAD'])).exitCode, 4);
  const unknown = await world.fleet(['wait', '-r', 'nowhere']);
  t.is(unknown.exitCode, 2);
  t.regex(unknown.output, /-r nowhere: no fleet's checkout around .* has such a commit, and it is no id/);
});

test('a controller that stands by is waited for, and for status it is one that does not answer', async (t) => {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  await world.startController();
  const api = standByApi(() => ({ name: 'shore-b', epoch: 2 }));
  let output = '';
  let asked = 0;
  const context = world.context((text) => {
    output += text;
  });
  const openNetwork: CommandContext['openNetwork'] = (tls) => ({
    request: (request, signal) => {
      asked += 1;
      if (asked > 2) return context.openNetwork(tls).request(request, signal);
      return api({ ...request, url: new URL(request.url).pathname }, { address: '192.0.2.1' }, signal);
    },
  });
  t.is(await runCommand({ ...context, openNetwork }, ['status']), 6);
  t.regex(output, /does not serve yet: nothing is served here at present: shore-b leads, or is about to/);
  const waiting = runCommand({ ...context, openNetwork }, ['wait', '--any', '--timeout', '3s']);
  for (let second = 0; second < 5; second += 1) await world.later(1_000);
  t.is(await waiting, 7);
  t.true(asked > 2, 'it asked again');
  t.regex(output, /gave up waiting: (?!the controller)/);
});
