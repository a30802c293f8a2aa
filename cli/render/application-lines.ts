import { eventWords } from '../../schemas/event-words.ts';
import { factWords } from '../../schemas/fact-words.ts';
import type { ApplicationReport, ApplicationUsage, HostDeath } from '../../schemas/generated/types.ts';
import { linkWords } from '../../schemas/link-words.ts';
import { snapshotWords } from '../../schemas/snapshot-words.ts';
import { listed } from './listed.ts';
import { age, bytes, room } from './quantities.ts';

/** `1.2 M`: fuel by thousands. */
function fuel(amount: number): string {
  const units = ['', ' k', ' M', ' G'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, amount)) / 3));
  return `${Number((amount / 1000 ** power).toPrecision(3))}${units[power]}`;
}

/** `, data 1.14 MiB of 16 MiB`: what it keeps on the disk. */
function keptText({ data, kv }: ApplicationUsage): string {
  const shares = Object.entries({ data, kv }).flatMap(([name, used]) =>
    used === undefined ? [] : [`, ${name} ${room(used.bytes)} of ${room(used.bytesMax)}`],
  );
  return shares.join('');
}

/** One application as it was when it was reported: its state and why, what it takes and published, where it trapped, what it printed last. */
export function applicationLines(application: ApplicationReport, reportedAt: string): string[] {
  const {
    name,
    version,
    state,
    restarts,
    flapping,
    message,
    exitCode,
    usage,
    process,
    events,
    facts,
    snapshot,
    links,
    stack = [],
    lines = [],
  } = application;
  const often = restarts === 0 ? '' : `, restarted ${restarts} ${restarts === 1 ? 'time' : 'times'}`;
  const how = flapping === true ? `${state}, flaps` : state;
  const why = message ?? (exitCode === undefined ? undefined : `exit code ${exitCode}`);
  const took =
    usage === undefined
      ? ''
      : `; memory ${room(usage.memoryBytes)} of ${room(usage.memoryBytesMax)}, ${fuel(usage.fuelPerSecond)} fuel a second${keptText(usage)}`;
  const sayings = { ageOf: (at: string) => age(at, reportedAt), bytesOf: bytes };
  return [
    `  ${name} ${version} ${how}${often}${why === undefined ? '' : `: ${why}`}${took}`,
    ...(events === undefined ? [] : [`    events: ${eventWords(events)}`]),
    ...(facts === undefined ? [] : [`    facts: ${factWords(facts, (at) => age(at, reportedAt))}`]),
    ...(links === undefined ? [] : [`    linked: ${linkWords(links)}`]),
    ...(snapshot === undefined ? [] : [`    snapshot: ${snapshotWords(snapshot, sayings)}`]),
    ...(process === undefined ? [] : [`    in a process of its own: ${process}`]),
    ...(stack.length === 0 ? [] : [`    in ${stack.join(' < ')}`]),
    ...lines.map((line) => `    | ${line}`),
  ];
}

const listedMax = 8;

function blameOf(suspects: readonly string[]): string {
  if (suspects.length === 0) return 'It was ended from outside; no application is held to have done it.';
  if (suspects.length === 1) return `${suspects[0]} did it; the others were only started again.`;
  return `One of ${listed(suspects, listedMax)} did it: they run apart until it is known which.`;
}

/** The last time a process of applications died, in sentences; `ago` is how long before the report. */
export function hostDeathLine({ host, how, applications, suspects, count }: HostDeath, ago: string): string {
  const residents = applications.map(({ name, was }) => `${name} (${was})`);
  const who = residents.length === 0 ? '' : `, which ran ${listed(residents, listedMax)}`;
  const often = count === 1 ? '' : ` Deaths since the agent started: ${count}.`;
  return `${ago} before, the process ${host}${who}, ended by ${how}. ${blameOf(suspects)}${often}`;
}
