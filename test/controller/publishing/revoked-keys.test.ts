/** Older states of `trust/` verify: what a rotation took out is brought back by whoever signs on top of one. */
import test, { type ExecutionContext } from 'ava';
import { AuthoringError, type AuthoringErrorCode } from '../../../controller/publishing/authoring/authoring-error.ts';
import { mergeTrust } from '../../../controller/publishing/authoring/merge-trust.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { rotateKeys } from '../../../controller/publishing/authoring/rotate-keys.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import {
  readTrustFiles,
  readWorkFile,
  type WorkTree,
  writeWorkFile,
} from '../../../controller/publishing/authoring/work-tree.ts';
import type { TrustFiles } from '../../../controller/publishing/trust-files.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { moduleOf, newTree, now, release, trustOf } from './repository.ts';

const announce = () => {};

function refusedWith(t: ExecutionContext, act: () => unknown, code: AuthoringErrorCode, message: RegExp): void {
  const error = t.throws(act, { instanceOf: AuthoringError });
  t.is(error?.code, code, error?.message);
  t.regex(error?.message ?? '', message);
}

function checkOut(tree: WorkTree, files: TrustFiles): void {
  for (const path of readTrustFiles(tree).keys()) tree.disk.remove(`/fleet/${path}`);
  for (const [path, bytes] of files) writeWorkFile(tree, path, bytes);
}

function rotated(asked: 'deployment' | 'crane') {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  release(tree, 'crane', '1.1.0', moduleOf(2));
  const before = readTrustFiles(tree);
  const roles = new Set(asked === 'deployment' ? (['deployment'] as const) : []);
  const applications = asked === 'crane' ? ['crane'] : [];
  rotateKeys(tree, { random: new SimRandom(91), now, roles, applications, announce });
  return { tree, before, after: readTrustFiles(tree) };
}

for (const asked of ['deployment', 'crane'] as const) {
  test(`no signing command brings back a key of ${asked} that a rotation took out: the older trust that entrusts it is no ground`, (t) => {
    const { tree, before, after } = rotated(asked);
    checkOut(tree, before);
    t.truthy(trustOf(tree), 'its signatures hold');
    const entrusts = asked === 'crane' ? /entrusts crane to the key/ : /entrusts deployments to the key/;
    const acts: (() => unknown)[] = [
      () => release(tree, 'buoy', '1.0.0', moduleOf(3)),
      () => release(tree, 'crane', '1.2.0', moduleOf(4)),
      () => removeRelease(tree, { name: 'crane', version: '1.0.0', now, announce }),
      () => signMetadata(tree, { now, renew: true, roles: ['targets'], announce }),
      () => rotateKeys(tree, { random: new SimRandom(92), now, roles: new Set(['targets']), announce }),
      () => mergeTrust(tree, { base: after, ours: after, theirs: before }, { now, announce }),
    ];
    // Where crane's key is retired, nothing is signed for crane anyway.
    for (const act of asked === 'crane' ? acts.toSpliced(1, 2) : acts) {
      refusedWith(t, act, 'TRUST_REVOKED', entrusts);
      t.deepEqual(readTrustFiles(tree), before);
    }
    checkOut(tree, after);
    t.true(release(tree, 'crane', '1.2.0', moduleOf(4)).signed);
  });
}

test('a rotation that was given up for good is taken back by hand, as the refusal says', (t) => {
  const { tree, before } = rotated('deployment');
  checkOut(tree, before);
  const path = '.fleet/keys/offline/revoked-keys';
  refusedWith(t, () => release(tree, 'buoy', '1.0.0', moduleOf(3)), 'TRUST_REVOKED', new RegExp(`line out of ${path}`));
  writeWorkFile(tree, path, new Uint8Array());
  t.true(release(tree, 'buoy', '1.0.0', moduleOf(3)).signed);
});

test('whoever signs targets metadata that others wrote is told which keys it entrusts deployments to', (t) => {
  const { tree } = rotated('deployment');
  const targets = JSON.parse(Buffer.from(readWorkFile(tree, 'trust/targets.json')!).toString());
  targets.signatures = [];
  writeWorkFile(tree, 'trust/targets.json', Buffer.from(JSON.stringify(targets)));
  const [key] = trustOfKeys(tree);
  const lines: string[] = [];
  const sign = () =>
    signMetadata(tree, { now, renew: false, roles: ['targets'], announce: (more) => lines.push(...more) });
  const keysFile = readWorkFile(tree, 'trust/deployment-keys.json')!;
  writeWorkFile(tree, 'trust/deployment-keys.json', Buffer.from('{"keys":[]}'));
  refusedWith(t, sign, 'TRUST_UNSIGNED', /who may sign deployments can't be told/);
  writeWorkFile(tree, 'trust/deployment-keys.json', keysFile);
  sign();
  t.true(lines.includes(`entrusts deployments to ${key!.slice(0, 12)}`), lines.join('\n'));
});

function trustOfKeys(tree: WorkTree): string[] {
  const { keys } = JSON.parse(Buffer.from(readWorkFile(tree, 'trust/deployment-keys.json')!).toString());
  return keys.map(({ keyid }: { keyid: string }) => keyid);
}

test('a merge that gives deployments to other keys says to which', (t) => {
  const { tree, before, after } = rotated('deployment');
  const lines: string[] = [];
  mergeTrust(tree, { base: before, ours: before, theirs: after }, { now, announce: (more) => lines.push(...more) });
  t.true(
    lines.some((line) => /^entrusts deployments to [0-9a-f]{12}; before: [0-9a-f]{12}$/.test(line)),
    lines.join('\n'),
  );
});
