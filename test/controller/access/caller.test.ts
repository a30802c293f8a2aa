import test from 'ava';
import { type Caller, isTheirs, isUnlimited, reaches, scopes } from '../../../controller/access/caller.ts';

const caller = (more: Partial<Caller> = {}): Caller => ({ name: 'ada', kind: 'token', scope: 'view', ...more });

test('each scope has those before it in it, and none after it', (t) => {
  const reached = scopes.map((scope) => scopes.filter((needed) => reaches(caller({ scope }), needed)).join());
  t.deepEqual(reached, ['view', 'view,operate', 'view,operate,admin']);
});

test('who is limited to fleets and sites has what is of one of each, and nothing of which it is not said', (t) => {
  const limited = caller({ fleets: ['ships'], sites: ['bergen', 'oslo'] });
  t.true(isTheirs(limited, { fleet: 'ships', site: 'oslo' }));
  t.false(isTheirs(limited, { fleet: 'ships', site: 'hull' }));
  t.false(isTheirs(limited, { fleet: 'cranes', site: 'oslo' }));
  t.false(isTheirs(limited, { fleet: 'ships' }));
  t.false(isTheirs(limited, {}));
  t.false(isUnlimited(limited));
  t.true(isTheirs(caller(), {}) && isUnlimited(caller()));
  t.false(isTheirs(caller({ fleets: [] }), { fleet: 'ships' }), 'a limit to none is a limit');
});
