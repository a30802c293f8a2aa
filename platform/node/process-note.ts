/**
 * A note that a process leaves for whoever started it: a few bytes of memory behind a descriptor that both hold, so that it
 * can be read when the writer was killed in the middle of something, and costs neither flash nor a message.
 */
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

/** Under which number the writer finds it; 3 is the message channel. */
const noteDescriptor = 4;
/** A note is a line of at most this many bytes, filled up with spaces. */
const noteBytes = 96;
/** Memory with names; what is unlinked there is gone with its last holder. */
const directory = '/dev/shm';

let notesOpened = 0;

/** The reader's end. */
export class Note {
  readonly descriptor: number;
  #last: string | undefined;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** What was noted last; empty before anything was. */
  read(): string {
    if (this.#last !== undefined) return this.#last;
    const bytes = Buffer.alloc(noteBytes);
    return bytes.toString('utf8', 0, readSync(this.descriptor, bytes, 0, noteBytes, 0)).trim();
  }

  /** Keeps what was noted last and lets go of the memory. */
  close(): void {
    this.#last = this.read();
    closeSync(this.descriptor);
  }
}

/** Opens a note for a process that is about to be started; undefined where the machine has no such memory. */
export function openNote(): Note | undefined {
  notesOpened += 1;
  const path = `${directory}/fleet-${process.pid}-${notesOpened}`;
  try {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return new Note(descriptor);
  } catch {
    return undefined;
  }
}

/** The writer's end; does nothing in a process that was started without a note. */
export function openNoteWriter(): (text: string) => void {
  try {
    if (!fstatSync(noteDescriptor).isFile()) return () => {};
  } catch {
    return () => {};
  }
  const line = Buffer.alloc(noteBytes);
  return (text) => {
    line.fill(' ');
    line.write(text);
    writeSync(noteDescriptor, line, 0, noteBytes, 0);
  };
}
