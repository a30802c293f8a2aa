import type { Clock, Disk } from '../../platform/ports.ts';
import { printableDeep } from '../../platform/printable.ts';
import { consentWords } from '../../schemas/consent-words.ts';
import { eventWords } from '../../schemas/event-words.ts';
import { factWords } from '../../schemas/fact-words.ts';
import type { ApplicationReport, QuotaUsage, Report } from '../../schemas/generated/types.ts';
import { linkWords } from '../../schemas/link-words.ts';
import { awaitedWords, neighbourWords } from '../../schemas/neighbour-words.ts';
import { outboxWords } from '../../schemas/outbox-words.ts';
import { siteLinkWords } from '../../schemas/site-link-words.ts';
import { snapshotWords } from '../../schemas/snapshot-words.ts';
import { waitingWords } from '../../schemas/waiting-words.ts';
import { type AgentStatus, readStatus } from '../report/status-file.ts';
import { connectionWords, troubleLines } from './link-words.ts';

/** `3 m`, `2 d`: one unit is enough to judge by. */
function ageOf(fromMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - fromMs) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** As links are billed. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function shareOf({ bytes, bytesMax }: QuotaUsage): string {
  return `${mebibytes(bytes)} of ${mebibytes(bytesMax)}`;
}

/** What it took, where it trapped, what it printed last. */
function detailLines(
  { usage, facts, process, events, snapshot, links, stack = [], lines = [] }: ApplicationReport,
  nowMs: number,
): string[] {
  const took =
    usage &&
    [
      `memory ${shareOf({ bytes: usage.memoryBytes, bytesMax: usage.memoryBytesMax })}, fuel ${usage.fuelPerSecond}/s`,
      ...(usage.data === undefined ? [] : [`data ${shareOf(usage.data)}`]),
      ...(usage.kv === undefined ? [] : [`kv ${shareOf(usage.kv)}`]),
    ].join(', ');
  const sayings = { ageOf: (at: string) => ageOf(Date.parse(at), nowMs), bytesOf: mebibytes };
  return [
    ...(took === undefined ? [] : [took]),
    ...(facts === undefined ? [] : [`facts ${factWords(facts, (at) => ageOf(Date.parse(at), nowMs))}`]),
    ...(events === undefined ? [] : [`events: ${eventWords(events)}`]),
    ...(links === undefined ? [] : [`linked: ${linkWords(links)}`]),
    ...(snapshot === undefined ? [] : [`snapshot: ${snapshotWords(snapshot, sayings)}`]),
    ...(process === undefined ? [] : [`in a process of its own: ${process}`]),
    ...stack.map((frame) => `in ${frame}`),
    ...lines.map((line) => `| ${line}`),
  ].map((line) => `      ${line}`);
}

function deathLines({ hostDeath }: Report): string[] {
  if (hostDeath === undefined) return [];
  const { at, host, how, applications, suspects, count } = hostDeath;
  const blame = suspects.length === 0 ? 'nobody is held to have done it' : `it was ${suspects.join(' or ')}`;
  const residents = applications.map(({ name, was }) => `${name} (${was})`).join(', ');
  return [`Process ${host} ended by ${how} at ${at}; it ran ${residents}; ${blame}; ${count} since the agent started.`];
}

function outboxLines({ outbox }: Report, nowMs: number): string[] {
  if (outbox === undefined) return [];
  const words = outboxWords(outbox, { ageOf: (at) => ageOf(Date.parse(at), nowMs), bytesOf: mebibytes });
  return words === undefined ? [] : [`${words}.`];
}

function applicationLine(
  { name, version, state, since, restarts, message, flapping }: ApplicationReport,
  nowMs: number,
  isRunning: boolean,
): string {
  const words = [`${name} ${version}`, `${isRunning ? '' : 'was '}${state} for ${ageOf(Date.parse(since), nowMs)}`];
  if (restarts > 0) words.push(`${restarts} restarts`);
  if (flapping === true) words.push('flaps');
  if (message !== undefined) words.push(message);
  return `  ${words.join(' · ')}`;
}

/** Where it stands, and on what: of an agent that does not run, in the past tense. */
function situation(status: AgentStatus, isRunning: boolean, nowMs: number): readonly string[] {
  const { device, report } = status;
  const { phase, running } = report;
  const since = (at: string): string => ageOf(Date.parse(at), nowMs);
  const age = since(report.at);
  const deployment = running && `deployment ${running.sequence} of commit ${running.revision.slice(0, 7)}`;
  if (!isRunning) {
    const ran = deployment === undefined ? 'No deployment ran.' : `It ran ${deployment}; now nothing of it runs:`;
    return [`${device}: the agent does not run; it was ${phase} ${age} ago`, ran];
  }
  const runs = deployment === undefined ? 'No deployment runs.' : `Runs ${deployment}:`;
  const link = connectionWords(status, since);
  return [`${device}: ${phase}, ${link} (as of ${age} ago)`, ...troubleLines(status, since), runs];
}

/** What the agent of a state directory last said of itself, in lines; undefined when none has ever run there. Needs no network. */
export function describeAgent(
  { clock, disk }: { readonly clock: Clock; readonly disk: Disk },
  stateDirectory: string,
  isRunning: boolean,
): string | undefined {
  const left = readStatus(disk, stateDirectory);
  if (left === undefined) return undefined;
  const status = printableDeep(left);
  const { report } = status;
  const nowMs = clock.now();
  const saidMs = Date.parse(report.at);
  const asOfMs = isRunning ? nowMs : saidMs;
  const { running, target, problem, progress, waiting, consent } = report;
  const lines = [
    ...situation(status, isRunning, nowMs),
    ...report.applications.flatMap((application) => [
      applicationLine(application, asOfMs, isRunning),
      ...detailLines(application, asOfMs),
    ]),
    ...deathLines(report),
    ...outboxLines(report, saidMs),
    ...(report.links ?? []).map((link) => `Link ${siteLinkWords(link, megabytes)}.`),
    ...(report.neighbours ?? []).map((one) => `Neighbour ${neighbourWords(one)}.`),
  ];
  if (target !== undefined && target.sequence !== running?.sequence) {
    const bytes =
      progress === undefined || progress.bytesTotal === 0
        ? ''
        : `, ${progress.bytesDone} of ${progress.bytesTotal} bytes${awaitedWords(progress)}`;
    lines.push(`On the way to deployment ${target.sequence} of commit ${target.revision.slice(0, 7)}${bytes}.`);
  }
  if (consent !== undefined) lines.push(`${consentWords(consent)} (${ageOf(Date.parse(consent.at), nowMs)} ago).`);
  if (waiting !== undefined) lines.push(`It does not go on now: ${waitingWords(waiting)} (${waiting.code}).`);
  if (problem !== undefined)
    lines.push(`Its last trouble, ${ageOf(Date.parse(problem.at), nowMs)} ago: ${problem.message} (${problem.code})`);
  return `${lines.join('\n')}\n`;
}
