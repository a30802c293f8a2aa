import test from 'ava';
import { everyOther, survivesStops } from './controller-stops.ts';

const what = 'disk operation of the controller, when a power cut keeps some';
survivesStops(
  test,
  what,
  'disk',
  ({ random }) =>
    () =>
      random.fraction(),
  20,
  everyOther,
);
