/** A process of its own that swaps a directory and a link that leads out, until it is ended: `node swapping-program.ts GRANT`. */
import { renameSync } from 'node:fs';

process.chdir(process.argv[2]!);
process.send!('ready');
let isStopped = false;
process.on('message', () => {
  isStopped = true;
});

function swap(): void {
  for (let times = 0; times < 200; times++) {
    renameSync('door', 'kept');
    renameSync('link', 'door');
    renameSync('door', 'link');
    renameSync('kept', 'door');
  }
  if (isStopped) process.exit(0);
  setImmediate(swap);
}
swap();
