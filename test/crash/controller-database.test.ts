import test from 'ava';
import { survivesStops } from './controller-stops.ts';

// A commit is two write-sets at most: what is decided at once is written at once.
survivesStops(test, 'change of the database', 'database', () => undefined, 8);
