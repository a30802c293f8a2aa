import { spawn } from 'node:child_process';
import type { ProgramResult, RunOptions } from '../ports.ts';

/** Of stderr, the end is kept: it says what went wrong. */
const complaintBytesMax = 4096;

function environmentOf({ environment = {} }: RunOptions): NodeJS.ProcessEnv {
  const entries = Object.entries({ ...process.env, ...environment });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Runs a program of the system to its end; see `Programs.run`. */
export function runProgram(name: string, args: readonly string[], options: RunOptions): Promise<ProgramResult> {
  const { signal, input, outputBytesMax } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const child = spawn(name, [...args], { env: environmentOf(options), stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Uint8Array[] = [];
    let bytes = 0;
    let complaint = Buffer.alloc(0);
    let tooMuch = false;
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      tooMuch ||= bytes > outputBytesMax;
      if (tooMuch) return stop();
      output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = Buffer.concat([complaint, chunk]).subarray(-complaintBytesMax);
    });
    const end = (code: number | undefined, said: string): void => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else resolve({ code, output: Buffer.concat(tooMuch ? [] : output), complaint: said });
    };
    child.on('error', (error) => end(undefined, error.message));
    child.on('close', (code) => {
      const said = tooMuch ? `printed more than ${outputBytesMax} bytes` : complaint.toString('utf8').trim();
      end(tooMuch ? undefined : (code ?? undefined), said);
    });
    // A program that ends early reads no more; what it says counts, not that.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
