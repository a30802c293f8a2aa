import test from 'ava';
import { loseAll } from '../sim/disk-crash.ts';
import { everyOther, survivesStops } from './controller-stops.ts';

const what = 'disk operation of the controller, when a power cut loses what was not synced';
survivesStops(test, what, 'disk', () => loseAll, 20, everyOther);
