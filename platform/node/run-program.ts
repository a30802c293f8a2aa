import { spawn } from 'node:child_process';
import type { ProgramResult, RunOptions } from '../ports.ts';
import { openSpool } from './spool.ts';

/** Of stderr, the end is kept: it says what went wrong. */
const complaintBytesMax = 4096;

/** Of a program whose output nobody looks at meanwhile: one that finds nothing to print would go on for ever. */
const computingSecondsMax = 600;

/** What a shell counts files in. */
const limitBlockBytes = 512;

/** Ours, but for what is given otherwise. */
export function environmentOf({ environment = {} }: Pick<RunOptions, 'environment'>): NodeJS.ProcessEnv {
  const entries = Object.entries({ ...process.env, ...environment });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What a program printed through a pipe. */
class PipedOutput {
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether there is still room. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.isTooMuch) this.#chunks = [];
    else this.#chunks.push(chunk);
    return !this.isTooMuch;
  }

  get isTooMuch(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** How a program ended, whatever became of what it printed. */
export type Ended = Pick<ProgramResult, 'code' | 'complaint'>;

/** How a program is run, by whoever says when it is to end. */
export type RunTerms = Omit<RunOptions, 'signal'>;

/** Runs a program to its end; `stdout` is a descriptor, or takes what it prints and says whether there is room for more. */
function runToEnd(
  name: string,
  args: readonly string[],
  options: RunOptions,
  stdout: number | ((chunk: Buffer) => boolean),
): Promise<Ended> {
  const { signal, input } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const output = typeof stdout === 'number' ? stdout : 'pipe';
    const child = spawn(name, [...args], { env: environmentOf(options), stdio: ['pipe', output, 'pipe'] });
    let complaint = Buffer.alloc(0);
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (typeof stdout !== 'number' && !stdout(chunk)) stop();
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      complaint = Buffer.concat([complaint, chunk]).subarray(-complaintBytesMax);
    });
    const end = (ended: Ended): void => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else resolve(ended);
    };
    child.on('error', (error) => end({ code: undefined, complaint: error.message }));
    child.on('close', (code) => end({ code: code ?? undefined, complaint: complaint.toString('utf8').trim() }));
    // A program that ends early reads no more; what it says counts, not that.
    child.stdin!.on('error', () => {});
    child.stdin!.end(input);
  });
}

function tooMuch({ outputBytesMax }: RunOptions): ProgramResult {
  const complaint = `printed more than ${outputBytesMax} bytes`;
  return { code: undefined, output: new Uint8Array(), complaint, isTooMuch: true };
}

/** Runs a program that prints into a pipe. */
export async function runPiped(name: string, args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  const output = new PipedOutput(options.outputBytesMax);
  const ended = await runToEnd(name, args, options, (chunk) => output.add(chunk));
  return output.isTooMuch ? tooMuch(options) : { ...ended, output: output.bytes };
}

/** Runs a program that prints into a file. The shell sees to it that the file gets no larger, while nobody here looks. */
export function runInto(
  descriptor: number,
  name: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  const blocks = Math.floor(options.outputBytesMax / limitBlockBytes) + 1;
  const limited = ['-c', `ulimit -f ${blocks}; ulimit -t ${computingSecondsMax}; exec "$0" "$@"`, name, ...args];
  return runToEnd('sh', limited, options, descriptor);
}

/** Runs a program of the system to its end, by way of a file where it prints much; `into` runs it there, see `runInto`. */
export async function runSpooled(
  options: RunOptions,
  into: (descriptor: number) => Promise<Ended>,
  piped: () => Promise<ProgramResult>,
): Promise<ProgramResult> {
  if (options.printsMuch !== true) return piped();
  await using spool = await openSpool();
  if (spool === undefined) return await piped();
  const ended = await into(spool.descriptor);
  const bytes = await spool.size();
  return bytes > options.outputBytesMax ? tooMuch(options) : { ...ended, output: await spool.read(bytes) };
}

/** Runs a program of the system to its end; see `Programs.run`. */
export function runProgram(name: string, args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  return runSpooled(
    options,
    (descriptor) => runInto(descriptor, name, args, options),
    () => runPiped(name, args, options),
  );
}
