import { fsync } from 'node:fs';
import { promisify } from 'node:util';
import { withFileFaults } from './file-fault.ts';

const sync = promisify(fsync);

/** Makes what a descriptor stands for durable, while the thread is free for others; rejects with a `FileError`. */
export async function syncAside(descriptor: number): Promise<void> {
  try {
    await sync(descriptor);
  } catch (error) {
    withFileFaults(() => {
      throw error;
    });
  }
}
