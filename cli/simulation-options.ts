/** What is asked of a simulation on the command line, read and refused. */
import { millisecondsOf } from '../controller/manifests/duration.ts';
import { type ContactKind, contactKinds } from '../controller/simulation/contacts.ts';
import { CommandError, type OptionSpec, type ParsedArguments } from './command.ts';
import { exitCodes } from './exit-codes.ts';

const dayMs = 86_400_000;

/** More runs say little more. */
const seedsMax = 1_000;
const untilMsMax = 730 * dayMs;

export type SimulationFormat = 'text' | 'json';

/** By the names of places, which are sites and devices without one. */
export interface SimulationQuestion {
  readonly next?: string;
  readonly against?: string;
  /** Undefined where nothing is said of them. */
  readonly seeds: readonly number[] | undefined;
  readonly untilMs: number;
  readonly failShare: number;
  /** From where somebody is asked to where they say yes: to waves, and aboard. */
  readonly approveAfterMs: number;
  readonly consentAfterMs: number;
  /** Of the time so much conditions are true. */
  readonly whenTrueShare: number;
  readonly contact: ContactKind;
  readonly contacts: ReadonlyMap<string, ContactKind>;
  readonly darkMs: ReadonlyMap<string, number>;
  /** Which of the links that may carry it a module takes. */
  readonly over: 'cheapest' | 'dearest';
  /** The file that tells what is known, instead of the controller. */
  readonly status?: string;
  readonly format: SimulationFormat;
  /** Where the picture goes. */
  readonly plot?: string;
}

/** As help shows them. */
export const simulationOptions: Readonly<Record<string, OptionSpec>> = {
  against: {
    type: 'string',
    value: 'REF',
    description:
      'What devices run at the beginning (default: the revision in force, or, with no controller, the commit before).',
  },
  seeds: {
    type: 'string',
    value: 'N',
    description: 'How many runs, each with a chance of its own (default: 20, fewer for many devices).',
  },
  seed: {
    type: 'string',
    value: 'S',
    description: 'Only the run with this seed, from 1 to 1000, as it was among the others.',
  },
  until: { type: 'string', value: '60d', description: 'What is not over by then is not waited for (default: 60d).' },
  fail: { type: 'string', value: '5%', description: 'So many of the updates fail on their devices (default: 0%).' },
  dark: {
    type: 'string',
    multiple: true,
    value: 'SITE=14d',
    description: 'Nobody hears the site, or the device without one, for so long from the beginning.',
  },
  'approve-after': {
    type: 'string',
    value: '4h',
    description: 'From where a wave waits for a yes to where somebody says it (default: at once).',
  },
  'consent-after': {
    type: 'string',
    value: '6h',
    description: 'From where a device asks for consent to where it is given aboard (default: at once).',
  },
  'when-true': {
    type: 'string',
    value: '60%',
    description: 'For so much of the time conditions (when) are true, in stretches of chance by site (default: 100%).',
  },
  contact: {
    type: 'string',
    multiple: true,
    value: '[SITE=]ship|vehicle|always',
    description:
      'How devices come into contact: those of a site whatever the controller remembers of them, all others where it remembers nothing (default: ship).',
  },
  over: {
    type: 'string',
    value: 'cheapest|dearest',
    description: 'Which of the links of its site a module takes, of those that may carry it (default: cheapest).',
  },
  status: {
    type: 'string',
    value: 'FILE',
    description:
      'What `fleet status -o json --rows` printed: taken for what the controller knows, at that moment, instead of asking it.',
  },
  output: {
    type: 'string',
    short: 'o',
    value: 'json',
    description: 'For programs, with each run, as schemas/simulation.schema.json has it.',
  },
  plot: { type: 'string', value: 'FILE.svg', description: 'Draws the waves into this file.' },
};

function usage(message: string): CommandError {
  return new CommandError(message, exitCodes.usage);
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw usage(`--${option} ${text}: write a whole number from 1 to ${most}`);
  return number;
}

function duration(option: string, text: string, shown = text): number {
  const ms = /^\d{1,6}[mhd]$/.test(text) ? millisecondsOf(text) : 0;
  if (ms > 0 && ms <= untilMsMax) return ms;
  throw usage(`--${option} ${shown}: write a time such as 90m, 12h or 14d, at most ${untilMsMax / dayMs}d`);
}

function share(option: string, text: string, of: string): number {
  const percent = /^\d{1,3}(\.\d+)?%$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent >= 0 && percent <= 100) return percent / 100;
  throw usage(`--${option} ${text}: write a share of the ${of} from 0% to 100%, such as 5%`);
}

function kindOf(text: string, shown: string): ContactKind {
  if (Object.hasOwn(contactKinds, text)) return text as ContactKind;
  throw usage(`--contact ${shown}: there is ${Object.keys(contactKinds).join(', ')}; SITE=ship for one site alone`);
}

/** `SITE=VALUE`, the value read. */
function perPlace<T>(
  option: string,
  texts: readonly string[],
  read: (value: string, shown: string) => T,
): ReadonlyMap<string, T> {
  return new Map(
    texts.map((text) => {
      const [, place, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      if (place === undefined) throw usage(`--${option} ${text}: write SITE=${option === 'dark' ? '14d' : 'ship'}`);
      return [place, read(value!, text)] as const;
    }),
  );
}

function seedsOf({ seeds, seed }: ParsedArguments['values']): readonly number[] | undefined {
  if (seeds !== undefined && seed !== undefined) throw usage('--seeds and --seed: write one of them');
  if (seed !== undefined) return [wholeNumber('seed', seed, seedsMax)];
  if (seeds === undefined) return undefined;
  return Array.from({ length: wholeNumber('seeds', seeds, seedsMax) }, (_, at) => at + 1);
}

function overOf(text = 'cheapest'): SimulationQuestion['over'] {
  if (text === 'cheapest' || text === 'dearest') return text;
  throw usage(`--over ${text}: there is cheapest and dearest`);
}

function formatOf(text: string | undefined): SimulationFormat {
  if (text === undefined) return 'text';
  if (text === 'json') return text;
  throw usage(`-o ${text}: there is json`);
}

/** Throws `CommandError` with exit code 2. */
export function simulationQuestion({ positionals, values, lists }: ParsedArguments): SimulationQuestion {
  if (positionals.length > 1) throw usage('simulate takes one REF at most');
  const [next] = positionals;
  const { against, plot, status, until, fail, over, output } = values;
  const { 'approve-after': approve, 'consent-after': consent, 'when-true': when } = values;
  const { contact = [], dark = [] } = lists;
  const forAll = contact.filter((text) => !text.includes('='));
  if (forAll.length > 1)
    throw usage(`--contact ${forAll.join(' and ')}: write one for all, and SITE=ship for one site`);
  return {
    ...(next !== undefined && { next }),
    ...(against !== undefined && { against }),
    ...(plot !== undefined && { plot }),
    ...(status !== undefined && { status }),
    seeds: seedsOf(values),
    untilMs: until === undefined ? 60 * dayMs : duration('until', until),
    failShare: fail === undefined ? 0 : share('fail', fail, 'updates'),
    approveAfterMs: approve === undefined ? 0 : duration('approve-after', approve),
    consentAfterMs: consent === undefined ? 0 : duration('consent-after', consent),
    whenTrueShare: when === undefined ? 1 : share('when-true', when, 'time'),
    contact: forAll[0] === undefined ? 'ship' : kindOf(forAll[0], forAll[0]),
    contacts: perPlace(
      'contact',
      contact.filter((text) => text.includes('=')),
      kindOf,
    ),
    darkMs: perPlace('dark', dark, (value, shown) => duration('dark', value, shown)),
    over: overOf(over),
    format: formatOf(output),
  };
}
