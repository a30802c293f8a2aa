import { createRequire } from 'node:module';
import type * as Language from '../../artifact/condition/condition.ts';

const require = createRequire(import.meta.url);

/** What reads conditions: loaded where a fleet has some, which most have not. */
export const conditionLanguage = (): typeof Language => require('../../artifact/condition/condition.ts');
