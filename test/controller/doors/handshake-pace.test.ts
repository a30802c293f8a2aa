import test from 'ava';
import { HandshakePace } from '../../../controller/doors/handshake-pace.ts';

/** Rounds in which so many handshakes end, each of which computes for some milliseconds. */
function roundsOf(pace: HandshakePace, ended: number, msEach: number, rounds: number): void {
  let now = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < ended; n += 1) {
      pace.ended(now);
      now += msEach;
    }
    pace.roundOver(now);
    now += 1000;
  }
}

test('far devices, whose handshakes end apart, get all places there are', (t) => {
  const pace = new HandshakePace(512);
  t.is(pace.places, 64);
  roundsOf(pace, 4, 1, 200);
  t.is(pace.places, 512);
});

test('a crowd that answers together gets as few as a round bears, and not fewer than at first', (t) => {
  const pace = new HandshakePace(512);
  roundsOf(pace, 4, 1, 200);
  roundsOf(pace, 100, 1, 1);
  t.is(pace.places, 256);
  roundsOf(pace, 100, 1, 10);
  t.is(pace.places, 64);
});

test('rounds in which none ended say nothing', (t) => {
  const pace = new HandshakePace(512);
  pace.roundOver(0);
  pace.roundOver(1_000_000);
  t.is(pace.places, 64);
});

test('there are never more than there may be', (t) => {
  const pace = new HandshakePace(8);
  t.is(pace.places, 8);
  roundsOf(pace, 4, 1, 10);
  t.is(pace.places, 8);
});
