import test from 'ava';
import type { BringErrand, Brought } from '../../../device-agent/courier/courier.ts';
import { ReadyingCourier } from '../../../device-agent/courier/readying-courier.ts';
import { nothingFetched } from '../../../device-agent/download/fetch-memory.ts';
import type { Preparable, Readiness } from '../../../device-agent/runtime/prepare/readiness.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';

const application = {
  ...{ name: 'crane', version: '2', sha256: 'c'.repeat(64), length: 9, args: [], env: {}, config: {} },
  restart: 'never',
} satisfies DeployedApplication;
const errand = {
  deployment: { applications: [application] },
  envelope: '',
  isInstalled: false,
  updates: [],
  memory: nothingFetched,
};
const brought: Brought = { memory: nothingFetched, result: { kind: 'brought', downloads: [] } };
const failed: Brought = {
  memory: nothingFetched,
  result: { kind: 'failed', problem: { code: 'DISK_FULL', message: 'no room' }, isLink: false },
};
const never = new AbortController().signal;

/** One whose errands come to `outcome`, with the steps that were taken, in order. */
function open(outcome: Brought, answer: Readiness) {
  const steps: string[] = [];
  const courier = new ReadyingCourier({
    courier: {
      judge: () => Promise.reject(new Error('nobody asked')),
      judgeBundle: () => Promise.reject(new Error('nobody asked')),
      answer: () => Promise.reject(new Error('nobody asked')),
      bring: async () => {
        steps.push('bring');
        return outcome;
      },
      rest: () => steps.push('rest'),
    },
    prepared: {
      ready: async (modules: readonly Preparable[]) => {
        steps.push(`prepare ${modules.map(({ modulePath }) => modulePath)}`);
        return [answer];
      },
    },
    pathOf: (sha256) => `/sha256/${sha256.slice(0, 3)}`,
  });
  return { steps, result: courier.bring(errand as unknown as BringErrand, () => {}, never) };
}

test('what was brought is made ready once the process that fetched it is gone', async (t) => {
  const { steps, result } = open(brought, { kind: 'failed', message: 'no room for it' });
  t.is(await result, brought);
  t.deepEqual(steps, ['bring', 'rest', 'prepare /sha256/ccc']);
});

test('a module that this device does not run is told by its release and why', async (t) => {
  const { result } = open(brought, { kind: 'refused', message: 'it loops' });
  t.deepEqual((await result).result, {
    kind: 'failed',
    problem: { code: 'MODULE_REFUSED', message: 'crane 2 cannot run on this device: it loops' },
    isLink: false,
  });
});

test('nothing is made ready of an errand that came to nothing', async (t) => {
  const { steps, result } = open(failed, { kind: 'failed', message: '' });
  t.is(await result, failed);
  t.deepEqual(steps, ['bring']);
});
