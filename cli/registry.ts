/** A registry as the command line asks one: as whom, by what Docker knows here, and what it refuses in a line. */
import {
  type Credential,
  credentialPlace,
  helperAnswer,
} from '../controller/publishing/authoring/registry/docker-credentials.ts';
import { parseReference, type Reference } from '../controller/publishing/authoring/registry/reference.ts';
import type { RegistryPorts } from '../controller/publishing/authoring/registry/registry-client.ts';
import { RegistryError } from '../controller/publishing/authoring/registry/registry-error.ts';
import { type CommandContext, CommandError } from './command.ts';

const configBytesMax = 1024 * 1024;
const helperBytesMax = 64 * 1024;
/** It may ask a person to unlock something. */
const helperMsMax = 60_000;

const nobody: Credential = { kind: 'nobody' };

/** Runs what speaks with a registry; what that refuses becomes a line for the user. */
export async function asked<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RegistryError) throw new CommandError(`${error.message} (${error.code})`);
    throw error;
  }
}

/** The directory of Docker's own settings; undefined where no home is known. */
function dockerDirectory({ environment }: CommandContext): string | undefined {
  if (environment.DOCKER_CONFIG) return environment.DOCKER_CONFIG;
  return environment.HOME ? `${environment.HOME}/.docker` : undefined;
}

/** Runs a helper, by the protocol that they all have. Throws `RegistryError`. */
async function askHelper(context: CommandContext, program: string, server: string): Promise<Credential> {
  const stop = new AbortController();
  using _timer = context.clock.after(helperMsMax, () => {
    const message = `${program} did not answer within ${helperMsMax / 1000} s; try it: echo ${server} | ${program} get`;
    stop.abort(new RegistryError('BAD_CREDENTIALS', message));
  });
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const input = new TextEncoder().encode(server);
  const { code, output, complaint } = await context.programs.run(program, ['get'], {
    ...{ input, outputBytesMax: helperBytesMax, signal },
  });
  const printed = new TextDecoder().decode(output);
  if (code === 0) return helperAnswer(printed, program);
  // What every helper says of a server that it does not know.
  if (/credentials not found/i.test(printed)) return nobody;
  const why = (complaint || printed).trim().slice(0, 200) || `it ended with ${code}`;
  throw new RegistryError('BAD_CREDENTIALS', `${program}, which Docker's settings name, gives nothing: ${why}`);
}

/** Who asks a registry, by what `docker login` left here. Throws `RegistryError`. */
async function credentialFor(context: CommandContext, host: string): Promise<Credential> {
  const directory = dockerDirectory(context);
  const file = `${directory}/config.json`;
  const there = directory === undefined ? undefined : context.disk.stat(file);
  if (there?.kind !== 'file') return nobody;
  if (there.bytes > configBytesMax)
    throw new RegistryError('BAD_CREDENTIALS', `${file} has more than ${configBytesMax} bytes: it is not Docker's`);
  const place = credentialPlace(new TextDecoder().decode(context.disk.readFile(file)), host, file);
  return place.kind === 'said' ? place.credential : await askHelper(context, place.program, place.server);
}

/** A name on the command line. Throws `CommandError`. */
export function referenceOf(text: string): Promise<Reference> {
  return asked(async () => parseReference(text));
}

/** How a registry is asked from here. */
export function registryPorts(context: CommandContext, { host }: Reference): RegistryPorts {
  const { clock, signal } = context;
  let known: Promise<Credential> | undefined;
  const credential = (): Promise<Credential> => {
    known ??= credentialFor(context, host);
    return known;
  };
  return { network: context.openNetwork({}), clock, signal, credential };
}
