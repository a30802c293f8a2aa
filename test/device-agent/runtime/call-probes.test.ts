import test from 'ava';
import { CallProbes, parseCalled } from '../../../device-agent/runtime/call-probes.ts';

test('a host is believed about the calls that it was asked for, and its end answers them', async (t) => {
  const asked: number[] = [];
  const probes = new CallProbes(({ id, application }) => {
    asked.push(id);
    return application === 'gone' ? undefined : `host of ${application}`;
  });
  t.is(await probes.call('gone', 'well'), 'absent');
  const [one, other] = [probes.call('gauge', 'well'), probes.call('horn', 'well')];
  probes.called('host of horn', { kind: 'called', id: asked[1]!, answered: 0 });
  probes.called('host of gauge', { kind: 'called', id: asked[1]!, answered: 4 });
  t.is(await one, 4);
  probes.died('host of gauge');
  probes.died('host of horn');
  t.is(await other, 'absent');
  probes.called('host of horn', { kind: 'called', id: asked[2]!, answered: 0 });
  t.is(await other, 'absent');
});

test('what is no answer of a host is none', (t) => {
  t.deepEqual(parseCalled({ kind: 'called', id: 1, answered: -3, more: 1 }), { kind: 'called', id: 1, answered: -3 });
  t.deepEqual(parseCalled({ id: 1, answered: 'late' }), { kind: 'called', id: 1, answered: 'late' });
  for (const wrong of [{ id: -1, answered: 0 }, { id: 1 }, { id: 1, answered: 0.5 }, { id: 1, answered: 'fine' }])
    t.is(parseCalled(wrong), undefined);
});
