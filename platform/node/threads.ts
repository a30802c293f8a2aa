import { Worker } from 'node:worker_threads';
import type { ThreadMessage, Threads } from '../ports.ts';

/** Worker threads; each ends with its work. */
export const nodeThreads: Threads = {
  run: async <News, Result>(file: string, input: unknown, onNews: (news: News) => void, signal: AbortSignal) => {
    signal.throwIfAborted();
    const worker = new Worker(file, { workerData: input });
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<Result>((resolve, reject) => {
        worker.on('message', (message: ThreadMessage<News, Result>) => {
          if (message.kind === 'news') onNews(message.news);
          else resolve(message.result);
        });
        // What comes over from the other thread is an error by its looks only.
        worker.once('error', (error: Error) => reject(new Error(error.message, { cause: error })));
        worker.once('exit', () => reject(signal.aborted ? signal.reason : new Error(`${file} ended without a result`)));
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  },
};
