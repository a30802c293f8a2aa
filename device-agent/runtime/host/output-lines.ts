import type { ApplicationLog } from '../application-log.ts';
import { lineMax, linesMax } from '../protocol.ts';
import { LineWriter } from './line-writer.ts';

/** What an application prints, line by line: to its log, and the last of it to its report. */
export class OutputLines {
  readonly #log: ApplicationLog;
  #last: readonly string[] = [];

  constructor(log: ApplicationLog) {
    this.#log = log;
  }

  get last(): readonly string[] {
    return this.#last;
  }

  /** What takes the two streams of one run. */
  writers(): Readonly<Record<'stdout' | 'stderr', LineWriter>> {
    const writerOf = (stream: 'out' | 'err') =>
      new LineWriter((line) => {
        this.#last = [...this.#last.slice(1 - linesMax), line.slice(0, lineMax)];
        this.#log.line(stream, line);
      });
    return { stdout: writerOf('out'), stderr: writerOf('err') };
  }
}
