/** What of this machine an integrator lists for applications: serial lines, pipes and files. */
import type { FileAccess, FileHandle } from './file-handles.ts';
import type { Connection } from './streams.ts';

/** How a serial line is set. */
export interface SerialTerms {
  readonly baudRate: number;
  readonly dataBits?: 7 | 8;
  readonly parity?: 'none' | 'even' | 'odd';
  readonly stopBits?: 1 | 2;
  readonly flowControl?: 'none' | 'hardware' | 'software';
}

/** What applications may open under one name. */
export interface MachinePlace {
  readonly path: string;
  /** `read` where it is not said. */
  readonly access?: 'read' | 'write' | 'read-write';
  readonly serial?: SerialTerms;
}

/** Devices and files of this machine, behind paths that the integrator gave. */
export interface Machine {
  /** What is there now: a regular file, or `other` that opens as a stream; undefined when nothing is. */
  look(path: string): { readonly kind: 'file' | 'other'; readonly bytes: number } | undefined;
  openFile(path: string, access: FileAccess): FileHandle;
  /**
   * Opens a serial line or a pipe, and waits neither for it nor for anybody at its other end. What the line lacks, and that it is
   * gone, shows when it is read or written: `io`; `note` is told why. Throws `FileError` where it is nothing of the kind.
   */
  openStream(place: MachinePlace, note: (text: string) => void): Connection;
}
