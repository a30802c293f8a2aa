import test from 'ava';
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
