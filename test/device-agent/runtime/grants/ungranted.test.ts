import test from 'ava';
import { Ungranted } from '../../../../device-agent/runtime/grants/ungranted.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { allRights, newGuest, onPath, open } from '../wasi/guest.ts';

const toMake = { flags: 1, rights: allRights, inheriting: allRights };

/** Runs of one application that is granted nothing; `told` is what its log says. */
function newRuns() {
  const ungranted = new Ungranted();
  const told: string[] = [];
  const run = () => newGuest({ directories: { '/': ungranted.root((text) => told.push(text)) } });
  return { run, told };
}

test('what was not granted is not there, and told by its name once, however it is asked for in however many runs', (t) => {
  const { run, told } = newRuns();
  for (const guest of [run(), run()]) {
    t.is(open(guest, 'data/log', toMake).error, errno.noEntry);
    t.is(open(guest, 'data').error, errno.noEntry);
    t.is(open(guest, 'notes.txt', toMake).error, errno.noEntry);
    t.is(onPath(guest, 'path_filestat_get', 'net/tcp/192.0.2.1:80', { before: [0], behind: [4096] }), errno.noEntry);
    t.is(open(guest, '.').error, errno.success, 'there is a root, with nothing in it');
  }
  t.deepEqual(told, [
    'refused: its manifest grants no /data (data)',
    'refused: its manifest grants no /net (allowedOutboundHosts)',
  ]);
});

test('names that are asked for without end are told up to a number, and none at any length', (t) => {
  const ungranted = new Ungranted();
  const told: string[] = [];
  for (let at = 0; at < 100; at++) ungranted.tell(`/facts/${at}${'x'.repeat(250)}`, (text) => told.push(text));
  t.is(told.length, 8);
  t.true(told.every((text) => text.length < 200));
});
