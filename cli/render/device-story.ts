/** A device's situation in sentences: what `fleet why` and `fleet status device/NAME` say. */
import { pinsText } from '../../controller/planning/hold.ts';
import { printableDeep } from '../../platform/printable.ts';
import { asksWords } from '../../schemas/asks-words.ts';
import { clockWords } from '../../schemas/clock-words.ts';
import type { DeviceStatus, Refusal, StatusDocument } from '../../schemas/generated/types.ts';
import { awaitedWords, neighbourWords } from '../../schemas/neighbour-words.ts';
import { outboxWords } from '../../schemas/outbox-words.ts';
import { siteLinkWords } from '../../schemas/site-link-words.ts';
import { applicationLines, hostDeathLine } from './application-lines.ts';
import { ownTimeWords } from './own-time.ts';
import { age, bar, bytes, minuteOf, span } from './quantities.ts';
import { placeWords } from './rollout-words.ts';
import { stateStyles } from './state-styles.ts';
import { type Style, wrap } from './style.ts';

const eventsShownMax = 10;
const refusalsShownMax = 3;

function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'nothing') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function releases(applications: readonly { readonly name: string; readonly version: string }[]): string {
  return list(applications.map(({ name, version }) => `${name} ${version}`));
}

/** Which commit wants what; of a device that a rollout may hold back, at which commit it was issued what. */
function wanted({ desired, fleet, site, wave }: DeviceStatus, { source, asOf }: StatusDocument): string {
  const where = [fleet === undefined ? 'No fleet selects it' : `It belongs to fleet ${fleet}`, site && `site ${site}`];
  const belongs = `${where.filter(Boolean).join(', ')}.`;
  if (desired === undefined) return `${belongs} Nothing was ever deployed to it.`;
  const commit = desired.revision.slice(0, 7);
  const same = source.revision?.id === desired.revision ? ` (${JSON.stringify(source.revision.subject)})` : '';
  const issued = `issued ${age(desired.issuedAt, asOf)} ago`;
  const applications = releases(desired.applications);
  if (wave !== undefined)
    return `${belongs} At commit ${commit}${same} it was issued ${applications}: deployment ${desired.sequence}, ${age(desired.issuedAt, asOf)} ago.`;
  return `${belongs} Commit ${commit}${same} wants ${applications}: deployment ${desired.sequence}, ${issued}.`;
}

function linkSentence(connected: boolean | undefined, since: string | undefined, asOf: string): string {
  if (connected === undefined) return 'Its broker does not tell whether it is connected';
  if (since === undefined) return connected ? 'It is connected' : 'It is not connected';
  return `It has ${connected ? '' : 'not '}been connected for ${age(since, asOf)}`;
}

/** When it will be heard, for all that anybody can say. */
function expected({ expectedContact, report }: DeviceStatus): string[] {
  if (expectedContact === undefined) return [];
  const { kind, silences, usualSeconds = 0, by, surelyBy } = expectedContact;
  if (report?.asks !== undefined) {
    const next = kind === 'expected' ? `the next time by about ${minuteOf(by ?? '')}` : 'and is late';
    return [`It ${asksWords(report.asks)}, ${next}.`];
  }
  const usual = `half of its last ${silences} silences were over within ${span(usualSeconds * 1000)}`;
  switch (kind) {
    case 'no-basis':
      return ['When it will be heard nobody can say yet: it was silent too seldom.'];
    case 'overdue':
      return [`It is silent for longer than it used to be: ${usual}.`];
    case 'expected': {
      const surely = surelyBy === undefined ? '' : `, almost certainly by ${minuteOf(surelyBy)}`;
      return [`It is expected by about ${minuteOf(by ?? '')}${surely}: ${usual}.`];
    }
    default:
      throw kind satisfies never;
  }
}

function wayLine({ report }: DeviceStatus): string[] {
  return report?.through === undefined ? [] : [`It comes through gateway ${report.through}.`];
}

/** What it said of itself, and when. */
function known({ report, contactAt, connected, linkSince, carried }: DeviceStatus, asOf: string): string {
  if (contactAt === undefined) {
    return report === undefined ? 'It was never heard of.' : 'When it was heard last is not known.';
  }
  const way = carried === undefined ? '' : `, by a receipt that ${carried.by} brought ${age(carried.at, asOf)} ago`;
  const heard = `${linkSentence(connected, linkSince, asOf)}; it was last heard ${age(contactAt, asOf)} ago${way}.`;
  if (report === undefined) return `${heard} It has not said yet what it runs.`;
  // An agent that was never given anything has nothing to count from: its `since` is the beginning of time.
  if (report.phase === 'idle' && report.running === undefined)
    return `${heard} Then it ran nothing and waited for a deployment.`;
  const running =
    report.running === undefined
      ? 'ran nothing'
      : `ran deployment ${report.running.sequence} of commit ${report.running.revision.slice(0, 7)}`;
  return `${heard} Then it ${running}, in phase ${report.phase} for ${age(report.since, report.at)}.`;
}

function progress({ report }: DeviceStatus, style: Style): string[] {
  if (report?.progress === undefined || report.progress.bytesTotal === 0) return [];
  const { bytesDone, bytesTotal } = report.progress;
  return [
    `${style('cyan', bar(bytesDone, bytesTotal, 30))} ${bytes(bytesDone)} of ${bytes(bytesTotal)}${awaitedWords(report.progress)}`,
  ];
}

function downloadLines({ report }: DeviceStatus): string[] {
  return (report?.downloads ?? []).map(({ name, version, method, bytes: taken, length, neighbour }) =>
    method === 'kept'
      ? `  ${name} ${version} was there already`
      : neighbour !== undefined
        ? `  ${name} ${version} came from its neighbour ${neighbour}: ${bytes(length)}, and ${bytes(taken)} over its link`
        : `  ${name} ${version} came as ${method}: ${bytes(taken)} for ${bytes(length)}`,
  );
}

/** Why a newer commit may not be what it gets. */
function repository({ state, tip, message }: StatusDocument['source']): string[] {
  if (state === 'current') return [];
  const which =
    state === 'refused' && tip !== undefined ? `The newest commit, ${tip.id.slice(0, 7)},` : 'The repository';
  return [`${which} is ${state}: ${message ?? 'no commit was read yet'}.`];
}

/** Why nothing is heard of it. */
function brokerTrouble({ broker, asOf }: StatusDocument): string[] {
  if (broker === undefined || broker.state === 'reached') return [];
  const why = broker.message === undefined ? '' : `: ${broker.message}`;
  if (broker.state === 'refusing') {
    const since = age(broker.since, asOf);
    return [
      `The MQTT broker at ${broker.address} has refused the controller for ${since}${why}. No device is told or heard.`,
    ];
  }
  return [
    `The controller has not reached the MQTT broker at ${broker.address} for ${age(broker.since, asOf)}${why}. No device is told or heard.`,
  ];
}

/** Two machines under one name end each other's connections. */
function takeoverLine({ takeovers }: DeviceStatus, asOf: string): string[] {
  if (takeovers === undefined) return [];
  const { count, since, at, addresses } = takeovers;
  const from = addresses.length === 0 ? '' : `, from ${addresses.join(' and ')}`;
  const times = count === 1 ? 'once' : `${count} times`;
  return [
    `Another connection took its place ${times} since ${age(since, asOf)} ago${from}; the last time ${age(at, asOf)} ago.`,
  ];
}

/** What it said of its trouble, unless that is the reason already. */
function lastProblem({ report, reason }: DeviceStatus, style: Style): string[] {
  const problem = report?.problem;
  if (report === undefined || problem === undefined) return [];
  if (problem.code === reason.code && problem.message === reason.message) return [];
  const when = age(problem.at, report.at);
  return [`Its last problem, ${when} before it last spoke: ${problem.message} ${style('dim', problem.code)}`];
}

/** What lets it go on where it asks first. */
function askedLine({ name, fleet, reason }: DeviceStatus): string[] {
  if (reason.code !== 'WHOLE_MODULE_ASKED' || fleet === undefined) return [];
  return [`To let it take modules whole: fleet rollout allow-whole ${fleet} ${name} -m WHY`];
}

/** What it keeps for the shore, and why. */
function outboxLine({ report }: DeviceStatus, style: Style): string[] {
  if (report?.outbox === undefined) return [];
  const words = outboxWords(report.outbox, { ageOf: (at) => age(at, report.at), bytesOf: bytes });
  const { held } = report.outbox;
  return words === undefined ? [] : [`${words}.${held === undefined ? '' : ` ${style('dim', held.code)}`}`];
}

/** What it counted on each link of its site, and what that has cost. */
function linkLines({ report, linkPrices = [] }: DeviceStatus): string[] {
  const links = report?.links ?? [];
  const lines = links.map((link) => {
    const cost = linkPrices.find(({ name }) => name === link.name);
    const price = cost === undefined ? '' : `, ${cost.price.toFixed(2)} ${cost.currency}`;
    return `  ${siteLinkWords(link, bytes, price)}`;
  });
  return lines.length === 0 ? [] : ['Links, as it counted:', ...lines];
}

/** That it does not know what time it is. */
function clockLine({ report }: DeviceStatus): string[] {
  return report?.clock === undefined ? [] : [`As it says, ${clockWords(report.clock)}.`];
}

/** Neighbours that it asks for nothing, and why. */
function neighbourLines({ report }: DeviceStatus): string[] {
  return (report?.neighbours ?? []).map((one) => `Neighbour ${neighbourWords(one)}.`);
}

/** Whether somebody who gave no name may have been this device: he was where it was last, or it has never been anywhere. */
function mayBe({ connected, address, reason }: DeviceStatus, refused: Refusal): boolean {
  if (connected === true || refused.device !== undefined || refused.address === undefined) return false;
  return address === undefined ? reason.code === 'NEVER_HEARD' : address === refused.address;
}

/** Who was not let in under its name, or maybe was it: what came after it was heard last says why it is not heard. */
function refusalLines(device: DeviceStatus, { refusals, asOf }: StatusDocument, style: Style) {
  const own = refusals
    .filter((refused) => refused.device === device.name || mayBe(device, refused))
    .slice(0, refusalsShownMax);
  const isWhy = ({ at }: Refusal): boolean => device.connected !== true && at >= (device.contactAt ?? '');
  const who = ({ device: name, address }: Refusal): string => {
    if (name !== undefined) return 'It';
    return device.address === undefined
      ? `Somebody at ${address}, maybe this device,`
      : `Somebody at its address, ${address},`;
  };
  const line = (refused: Refusal): string =>
    `${who(refused)} was refused ${age(refused.at, asOf)} ago: ${refused.message} ${style('dim', refused.code)}`;
  return {
    whys: own.filter(isWhy).map(line),
    others: own.filter((refusal) => !isWhy(refusal)).map(line),
  };
}

/** That its manifest holds it, or held it. */
function holdLine({ hold, reason }: DeviceStatus, asOf: string): string[] {
  // Then that is the reason already.
  if (hold === undefined || reason.code === 'HELD') return [];
  const { until, releases } = hold;
  const what = releases === undefined ? 'what it was issued' : pinsText(releases);
  const isOver = until !== undefined && Date.parse(until) <= Date.parse(asOf);
  return isOver
    ? [`Its hold ended at ${minuteOf(until)}: ${hold.reason}. Its manifest can do without.`]
    : [`Its manifest holds it at ${what}${until === undefined ? '' : ` until ${minuteOf(until)}`}: ${hold.reason}.`];
}

/** Where its fleet's rollout stands, which is what it waits for, or is a part of. */
function rolloutLine(device: DeviceStatus, { fleets }: StatusDocument, style: Style): string[] {
  const { fleet, wave } = device;
  const rollout = fleets.find(({ name }) => name === fleet)?.rollout;
  if (rollout === undefined) return [];
  const { number, state, reason, revision, subject } = rollout;
  const isStopped = state === 'halted' || state === 'reverting';
  const hasPassed = rollout.waves.find(({ name }) => name === wave)?.state === 'passed';
  const isStraggler = hasPassed && !isStopped && device.state !== 'running';
  const without = isStraggler ? `, which has passed without it ${style('dim', 'STRAGGLER')}` : '';
  const where = wave === undefined ? '' : `It is in wave ${wave}${without}. `;
  const what = `Rollout ${number} of its fleet, of commit ${revision.slice(0, 7)} ${JSON.stringify(subject)}, is ${state}`;
  const place = state === 'done' ? '' : ` in ${placeWords(rollout)}`;
  return [`${where}${what}${place}: ${reason.message} ${style('dim', reason.code)}`];
}

/** What its report had no room for. */
function leftOut({ applicationsLeftOut: count }: NonNullable<DeviceStatus['report']>): string[] {
  return count === undefined ? [] : [`  and ${count} more; on the device, fleet agent status tells of all`];
}

/** The story in sentences, wrapped at `columns`; the last lines are its history, newest first. */
export function deviceStory(told: DeviceStatus, document: StatusDocument, style: Style, columns: number): string {
  const device = printableDeep(told);
  const status = printableDeep(document);
  const { asOf, source } = status;
  const { reason, report, events } = device;
  const since = reason.since === undefined ? '' : ` for ${age(reason.since, asOf)}`;
  const { whys, others } = refusalLines(device, status, style);
  const blocks: string[][] = [
    [
      `${style('bold', `device/${device.name}`)}: ${style(stateStyles[device.state], device.state)}${since}: ${reason.message} ${style('dim', reason.code)}`,
      ...progress(device, style),
      ...whys,
    ],
    [wanted(device, status), ...holdLine(device, asOf), known(device, asOf), ...wayLine(device), ...expected(device)],
    rolloutLine(device, status, style),
    repository(source),
    brokerTrouble(status),
    takeoverLine(device, asOf),
    [...lastProblem(device, style), ...askedLine(device)],
    report === undefined || report.applications.length === 0
      ? []
      : [
          // Of one that is not heard of, this is long ago, whatever it says of itself.
          device.state === 'dark' ? 'Applications, as it said then:' : 'Applications:',
          ...report.applications.flatMap((one) => applicationLines(one, report.at)),
          ...leftOut(report),
        ],
    report?.hostDeath === undefined ? [] : [hostDeathLine(report.hostDeath, age(report.hostDeath.at, report.at))],
    clockLine(device),
    outboxLine(device, style),
    report?.downloads === undefined || report.downloads.length === 0 ? [] : ['Downloads:', ...downloadLines(device)],
    linkLines(device),
    neighbourLines(device),
    others,
    events.length === 0
      ? []
      : [
          'What happened last:',
          ...events
            .slice(0, eventsShownMax)
            .map(
              ({ at, message, code, ...own }) =>
                `  ${age(at, asOf).padStart(6)} ago  ${message} ${style('dim', code)}${ownTimeWords(own)}`,
            ),
        ],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => wrap(line, columns)).join('\n'))
    .join('\n\n')}\n`;
}
