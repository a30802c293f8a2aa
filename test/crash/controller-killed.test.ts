import test from 'ava';
import { everyOther, survivesStops } from './controller-stops.ts';

survivesStops(test, 'disk operation of the controller, killed', 'disk', () => undefined, 20, everyOther);
