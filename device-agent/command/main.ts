/** `node fleet-agent.js enroll | status | logs | diagnose | consent | wake | apply | receipts | carried`: what a person does at a device that has the bundle and no checkout. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeLineDoors } from '../../platform/node/line-door.ts';
import { isLocked } from '../../platform/node/lock.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { printable, printableLines } from '../../platform/printable.ts';
import { keyExchange } from '../key-exchange.ts';
import { defaultStateDirectory, stateLayout } from '../state-layout.ts';
import { applyBundle } from './apply.ts';
import { takeCarried } from './carried.ts';
import { resolveAgentConfiguration } from './configuration.ts';
import { type ConsentWish, callerOf, consentAboard } from './consent.ts';
import { diagnosisText } from './diagnose.ts';
import { enroll } from './enroll.ts';
import { applicationLogs } from './logs.ts';
import { writeReceipt } from './receipts.ts';
import { describeAgent } from './status.ts';
import { wakeAgent } from './wake.ts';

const usage = `Usage: node fleet-agent.js COMMAND
  enroll --device NAME --controller URL --ca FILE --trust-root FILE
         [--mqtt HOST[:PORT]] [--directory /etc/fleet] [--state DIR] [--wait]
  status [--state DIR]
  logs APPLICATION [--state DIR] [--socket PATH]
  diagnose [--state DIR]
  apply FILE [--state DIR | --socket PATH]
  receipts --output FILE [--state DIR | --socket PATH]
  carried DIRECTORY [--state DIR | --socket PATH]
  consent [--grant | --deny] [--until TIME] [--reason TEXT] [--by NAME] [--deployment N]
          [--state DIR | --socket PATH]
  wake [--state DIR | --socket PATH]
DIR is ${defaultStateDirectory} unless given.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  ...{ device: text, controller: text, ca: text, 'trust-root': text, mqtt: text, directory: text, state: text },
  ...{ until: text, reason: text, by: text, deployment: text, socket: text, output: text },
  ...{ wait: flag, grant: flag, deny: flag },
} as const;

const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 6 };

function print(line: string): void {
  process.stdout.write(line);
}

function fail(message: string, code = exitCode.failed): number {
  process.stderr.write(`fleet-agent: ${printableLines(message)}\n`);
  return code;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

async function runEnroll(values: Values): Promise<number> {
  const { device, controller, ca, 'trust-root': trustRoot, mqtt, wait = false } = values;
  if (device === undefined || controller === undefined || ca === undefined || trustRoot === undefined) {
    return fail(`enroll needs --device, --controller, --ca and --trust-root\n${usage}`, exitCode.usage);
  }
  const ports = { clock: nodeClock, disk: nodeDisk, random: nodeRandom, print };
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const outcome = await enroll(
    {
      ...ports,
      openNetwork: (identity) => openNetwork(() => ({ ...identity, keyExchange })),
      readConfiguration: (file) => resolveAgentConfiguration(['--config', file]),
      signal: stopping.signal,
    },
    {
      ...{ device, controller, ca: resolve(ca), trustRoot: resolve(trustRoot), wait },
      ...(mqtt === undefined ? {} : { mqtt }),
      directory: resolve(values.directory ?? '/etc/fleet'),
      ...(values.state === undefined ? {} : { stateDirectory: resolve(values.state) }),
      stateDirectoryUsual: defaultStateDirectory,
    },
  );
  return { enrolled: exitCode.ok, refused: exitCode.failed, unreachable: exitCode.unreachable }[outcome];
}

function runStatus(stateDirectory: string): number {
  if (nodeDisk.stat(stateDirectory) === undefined) return fail(`there is no ${stateDirectory}`);
  const isRunning = isLocked(stateDirectory, 'agent');
  const text = describeAgent({ clock: nodeClock, disk: nodeDisk }, stateDirectory, isRunning);
  if (text === undefined) return fail(`no agent has run on ${stateDirectory} yet`);
  print(text);
  return exitCode.ok;
}

function runDiagnose(stateDirectory: string): number {
  if (nodeDisk.stat(stateDirectory) === undefined) return fail(`there is no ${stateDirectory}`);
  const isRunning = isLocked(stateDirectory, 'agent');
  print(diagnosisText({ clock: nodeClock, disk: nodeDisk }, stateDirectory, isRunning));
  return exitCode.ok;
}

async function runLogs(stateDirectory: string, values: Values, name: string | undefined): Promise<number> {
  if (name === undefined || !/^[a-z0-9-]+$/.test(name)) return fail(`logs needs an application's name`, exitCode.usage);
  const socket = isLocked(stateDirectory, 'agent') ? socketOf(stateDirectory, values) : undefined;
  const { signal } = new AbortController();
  const ports = { disk: nodeDisk, doors: nodeLineDoors, clock: nodeClock, signal };
  const { text, lack } = await applicationLogs(ports, { stateDirectory, socket }, name);
  if (lack !== undefined) fail(`what it printed last may be missing: ${lack}`);
  if (text === undefined) return fail(`${name} has printed nothing on ${stateDirectory}`);
  print(text);
  return exitCode.ok;
}

function wishOf({ grant, deny, until, reason, by = callerOf(process.env), deployment }: Values): ConsentWish {
  return {
    ...(grant === true || deny === true ? { answer: grant === true ? 'granted' : 'denied' } : {}),
    ...(deployment === undefined ? {} : { deployment: Number(deployment) }),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(until === undefined ? {} : { until }),
  };
}

/** Where the agent answers. */
function socketOf(stateDirectory: string, { socket }: Values): string {
  return socket ?? stateLayout(stateDirectory).socketPath;
}

async function runConsent(stateDirectory: string, values: Values): Promise<number> {
  if (values.grant === true && values.deny === true) return fail('--grant or --deny, not both', exitCode.usage);
  const path = socketOf(stateDirectory, values);
  print(printableLines(await consentAboard(nodeLineDoors, path, wishOf(values))));
  return exitCode.ok;
}

async function runApply(stateDirectory: string, values: Values, file: string | undefined): Promise<number> {
  if (file === undefined) return fail('apply needs the path of a bundle', exitCode.usage);
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const ports = { doors: nodeLineDoors, clock: nodeClock, signal: stopping.signal };
  const path = socketOf(stateDirectory, values);
  print(printableLines(await applyBundle(ports, path, resolve(file))));
  return exitCode.ok;
}

async function runReceipts(stateDirectory: string, values: Values): Promise<number> {
  const { output } = values;
  if (output === undefined) return fail('receipts needs --output FILE', exitCode.usage);
  const path = socketOf(stateDirectory, values);
  print(printableLines(await writeReceipt({ doors: nodeLineDoors, disk: nodeDisk }, path, resolve(output))));
  return exitCode.ok;
}

async function runCarried(stateDirectory: string, values: Values, directory: string | undefined): Promise<number> {
  if (directory === undefined) return fail('carried needs the path of a directory', exitCode.usage);
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const ports = { doors: nodeLineDoors, disk: nodeDisk, clock: nodeClock, signal: stopping.signal };
  const printLine = (line: string): void => print(`${printable(line)}\n`);
  const socket = socketOf(stateDirectory, values);
  const isWell = await takeCarried({ ...ports, print: printLine }, socket, resolve(directory));
  return isWell ? exitCode.ok : exitCode.failed;
}

async function runWake(stateDirectory: string, values: Values): Promise<number> {
  print(await wakeAgent(nodeLineDoors, socketOf(stateDirectory, values)));
  return exitCode.ok;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const stateDirectory = resolve(values.state ?? defaultStateDirectory);
    const [word, name] = positionals;
    if (word === 'enroll') return await runEnroll(values);
    if (word === 'status') return runStatus(stateDirectory);
    if (word === 'consent') return await runConsent(stateDirectory, values);
    if (word === 'apply') return await runApply(stateDirectory, values, name);
    if (word === 'receipts') return await runReceipts(stateDirectory, values);
    if (word === 'carried') return await runCarried(stateDirectory, values, name);
    if (word === 'wake') return await runWake(stateDirectory, values);
    if (word === 'diagnose') return runDiagnose(stateDirectory);
    if (word === 'logs') return await runLogs(stateDirectory, values, name);
    return fail(`there is no command ${JSON.stringify(word ?? '')}\n${usage}`, exitCode.usage);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

process.exitCode = await main(process.argv.slice(2));
