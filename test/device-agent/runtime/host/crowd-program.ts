/** Runs so many sleeping guests in this process, each with a memory that may grow to two pages, and prints how many run. */
import { runByItself } from '../../../../device-agent/runtime/host/guest.ts';
import { hostileGuest } from '../hostile-guests.ts';
import { newThread } from './run-guest.ts';

const count = Number(process.argv[2]);
const { guest } = newThread();
const ticker = hostileGuest('ticker');
const crowd = Array.from({ length: count }, () =>
  guest(ticker, { memoryPagesMax: 2, wait: () => new Promise(() => {}) }),
);
const ends = crowd.map(({ guest: one }) => one.work(runByItself));
while (!crowd.every(({ starts }) => starts() === 1)) await new Promise(setImmediate);
await new Promise(setImmediate);
process.stdout.write(`${crowd.filter(({ guest: one }) => one.memoryBytes() > 0).length}\n`);
for (const { guest: one } of crowd) one.stop();
await Promise.all(ends);
