/** Serial lines are set by the system's own stty: Node has no way to, and native code of ours would be one for each processor. */
import { spawn } from 'node:child_process';
import type { SerialTerms } from '../machine.ts';

const sttyMsMax = 5_000;
const complaintMax = 200;

const parities = { none: ['-parenb'], even: ['parenb', '-parodd'], odd: ['parenb', 'parodd'] } as const;
const flowControls = {
  none: ['-crtscts', '-ixon', '-ixoff'],
  hardware: ['crtscts', '-ixon', '-ixoff'],
  software: ['-crtscts', 'ixon', 'ixoff'],
} as const;

/** What stty is told: bytes pass as they are, and no modem has to say that somebody is there. */
export function sttyArguments(terms: SerialTerms): readonly string[] {
  const { baudRate, dataBits = 8, parity = 'none', stopBits = 1, flowControl = 'none' } = terms;
  return [
    ...['raw', '-echo', 'clocal', 'cread', String(baudRate), `cs${dataBits}`, stopBits === 2 ? 'cstopb' : '-cstopb'],
    ...parities[parity],
    ...flowControls[flowControl],
  ];
}

/** Sets the line behind a descriptor, which stays open. Rejects with a sentence on what was not done. */
export function setSerialLine(descriptor: number, terms: SerialTerms): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stty = spawn('stty', sttyArguments(terms), {
    stdio: [descriptor, 'ignore', 'pipe'],
    timeout: sttyMsMax,
    env: { ...process.env, LC_ALL: 'C' },
  });
  let complaint = '';
  stty.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, complaintMax);
  });
  stty.on('error', ({ message }) => reject(new Error(`stty, which sets it, does not run here: ${message}`)));
  stty.on('close', (code, signal) => {
    if (code === 0) resolve();
    else reject(new Error(`stty could not set it: ${complaint.trim() || signal || `code ${code}`}`));
  });
  return promise;
}
