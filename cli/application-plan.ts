/** What `fleet run --app` is asked for: its options, read and bounded, and the manifest. */
import { secretBytesMax } from '../artifact/seal/sealed-secret.ts';
import {
  type ApplicationRequest,
  type StreamPlace,
  scheduleEvents,
} from '../device-agent/runtime/run/application-request.ts';
import type { DeployedApplication } from '../schemas/generated/types.ts';
import { applicationFiles } from './application-modules.ts';
import { type CommandContext, CommandError, type ParsedArguments } from './command.ts';
import { deployedApplication } from './deployed-application.ts';
import { exitCodes } from './exit-codes.ts';
import { absolutePath } from './repository.ts';
import { timeLimitOf, usage } from './run-options.ts';

/** Options that a manifest decides. */
const decided = ['dir', 'env', 'stdin', 'fuel', 'memory', 'invoke', 'snapshot-to', 'restore-from'];

/** What a run of an application needs besides its request. */
export interface ApplicationRunPlan {
  readonly name: string;
  readonly request: ApplicationRequest;
  /** It keeps something, in a directory that the developer did not name. */
  readonly keepsUntold: boolean;
}

function pairsOf({ lists }: ParsedArguments, option: string, example: string): ReadonlyMap<string, string> {
  const pairs = (lists[option] ?? []).map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1 || at === text.length - 1) throw usage(option, text, `it must be ${example}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return new Map(pairs);
}

function assertKnown(option: string, given: Iterable<string>, known: readonly string[], of: string): void {
  for (const name of given) {
    if (known.includes(name)) continue;
    const there = known.length === 0 ? 'there is none' : `there is ${known.join(', ')}`;
    throw usage(option, name, `its manifest names no such ${of}; ${there}`);
  }
}

function placesOf(context: CommandContext, pairs: ReadonlyMap<string, string>): Record<string, StreamPlace> {
  return Object.fromEntries(
    [...pairs].map(([name, path]) => [name, path === '-' ? {} : { path: absolutePath(context, path) }]),
  );
}

/** Where events come from: a trigger's messages from the terminal, where nothing else is said. */
function eventsOf(context: CommandContext, args: ParsedArguments, { channels, trigger }: DeployedApplication) {
  const given = pairsOf(args, 'event', 'CHANNEL=FILE');
  const known = [...Object.keys(channels?.in ?? {}), ...(trigger?.schedule === undefined ? [] : [scheduleEvents])];
  assertKnown('event', given.keys(), known, 'channel to read');
  const channel = trigger?.message?.channel;
  return { ...(channel === undefined ? {} : { [channel]: {} }), ...placesOf(context, given) };
}

function secretsOf(context: CommandContext, args: ParsedArguments, { secrets = {} }: DeployedApplication) {
  const given = pairsOf(args, 'secret', 'NAME=FILE');
  assertKnown('secret', given.keys(), Object.keys(secrets), 'secret');
  return Object.fromEntries(
    Object.keys(secrets).map((name) => {
      const path = given.get(name);
      if (path === undefined)
        throw new CommandError(`it reads the secret ${name}: give it by --secret ${name}=FILE`, exitCodes.denied);
      const value = context.disk.readFile(absolutePath(context, path));
      if (value.length > secretBytesMax) throw usage('secret', name, `it has more than ${secretBytesMax} bytes`);
      return [name, Buffer.from(value).toString('base64')];
    }),
  );
}

function machineOf(context: CommandContext, args: ParsedArguments, { machine = [] }: DeployedApplication) {
  const given = pairsOf(args, 'machine', 'NAME=PATH or NAME=PATH:rw');
  assertKnown('machine', given.keys(), machine, 'name of the machine');
  return Object.fromEntries(
    machine.map((name) => {
      const place = given.get(name);
      if (place === undefined)
        throw new CommandError(`this machine has no ${name}: give it by --machine ${name}=PATH`, exitCodes.denied);
      const path = absolutePath(context, place.replace(/:rw$/, ''));
      return [name, { path, access: place.endsWith(':rw') ? 'read-write' : 'read' } as const];
    }),
  );
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw usage('port', String(text), 'it must be a number up to 65535');
}

function stateDirectoryOf(context: CommandContext, given: string | undefined, name: string): string {
  if (given !== undefined) return absolutePath(context, given);
  const suffix = Buffer.from(context.random.bytes(4)).toString('hex');
  return `${context.environment.TMPDIR || '/tmp'}/fleet-run-${name}-${suffix}`;
}

/** The terminal stands for the shore: nothing has to be kept for it. */
function withoutShore(deployed: DeployedApplication): DeployedApplication {
  const { channels } = deployed;
  if (channels?.out === undefined) return deployed;
  const out = Object.entries(channels.out).map(([name, { shore: _shore, ...rest }]) => [name, rest] as const);
  return { ...deployed, channels: { ...channels, out: Object.fromEntries(out) } };
}

/** What is asked of the process that runs the application. */
export function applicationPlan(context: CommandContext, args: ParsedArguments): ApplicationRunPlan {
  const { values, lists } = args;
  const other = decided.find((option) => values[option] !== undefined || lists[option] !== undefined);
  if (other !== undefined) throw usage(other, '', 'with --app the manifest decides that');
  const path = absolutePath(context, values.app!);
  const file = { path, bytes: context.disk.readFile(path) };
  const { own, links } = applicationFiles(context, args, file);
  const labels = Object.fromEntries(pairsOf(args, 'label', 'KEY=VALUE'));
  const deployed = withoutShore(deployedApplication(file, [own, ...links.values()], labels));
  const outputs = pairsOf(args, 'out', 'CHANNEL=FILE');
  assertKnown('out', outputs.keys(), Object.keys(deployed.channels?.out ?? {}), 'channel to write');
  const timeLimitMs = timeLimitOf(args);
  const { links: _linked, ...unlinked } = deployed;
  const application = {
    ...{ ...unlinked, modulePath: own.modulePath, restarts: 0 },
    ...(links.size === 0 ? {} : { links: Object.fromEntries(links) }),
    ...(deployed.secrets === undefined ? {} : { opened: secretsOf(context, args, deployed) }),
    ...(deployed.machine === undefined ? {} : { places: machineOf(context, args, deployed) }),
  };
  const { name, data, kv } = deployed;
  return {
    name,
    keepsUntold: values.state === undefined && (data ?? kv) !== undefined,
    request: {
      application,
      stateDirectory: stateDirectoryOf(context, values.state, name),
      events: eventsOf(context, args, deployed),
      outputs: placesOf(context, outputs),
      port: portOf(values.port),
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    },
  };
}
