import test from 'ava';
import { survivesStops } from './controller-stops.ts';

survivesStops(test, 'disk operation of the controller, killed', 'disk', () => undefined, 20);
