import { andThen } from '../../../platform/and-then.ts';
import { FileError } from '../../../platform/file-handles.ts';
import type { Connection } from '../../../platform/streams.ts';
import { connectionsMax } from './limits.ts';

/** The connections of one kind that all instances of one application have at once. */
export class Connections {
  #open = 0;

  /** Counts one until it is closed, and gone. */
  hold(connect: () => Connection): Connection {
    if (this.#open >= connectionsMax) throw new FileError('too-many-open', `${this.#open} connections are open`);
    const connection = connect();
    this.#open += 1;
    let isClosed = false;
    return {
      input: connection.input,
      output: connection.output,
      shutdown: (ways) => connection.shutdown(ways),
      close: () => {
        if (isClosed) return;
        isClosed = true;
        return andThen(connection.close(), () => {
          this.#open -= 1;
        });
      },
    };
  }
}
