/** What `fleet run` asks of the process that runs the program, and what that answers: plain JSON, over the channel between them. */

/** A directory of this machine as the program finds it. */
export interface DirectoryRequest {
  readonly hostPath: string;
  readonly guestPath: string;
  readonly isWritable: boolean;
}

/** One run of one module. */
export interface RunRequest {
  readonly modulePath: string;
  /** The program's name first. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directories: readonly DirectoryRequest[];
  /** A file to read instead of the standard input. */
  readonly stdinPath?: string;
  /** Units of fuel; without a limit they are only counted. */
  readonly fuelMax?: number;
  readonly memoryPagesMax: number;
  /** After which it is ended. */
  readonly timeLimitMs?: number;
  /** An export to call instead of `_start`, with the arguments as its values. */
  readonly invoke?: string;
  /** Where the state goes once the export has returned, and where that comes from which it goes on from. */
  readonly snapshotPath?: string;
  readonly restorePath?: string;
}

/** How a run went. */
export type RunEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** The export that was called has returned; its results as texts. */
  | { readonly kind: 'returned'; readonly results: readonly string[] }
  | { readonly kind: 'trapped'; readonly message: string }
  | { readonly kind: 'out-of-fuel' }
  | { readonly kind: 'time-limit' }
  | { readonly kind: 'out-of-memory'; readonly message: string }
  /** No device would run it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** A file or directory that was named could not be opened. */
  | { readonly kind: 'failed'; readonly message: string };

/** What a run took. */
export interface RunUse {
  readonly fuel: number;
  /** Of all its memories, which never shrink. */
  readonly peakMemoryBytes: number;
  /** To files; what goes to the standard streams is not counted. */
  readonly bytesWritten: number;
  readonly compileMs: number;
  readonly instantiateMs: number;
}

/** The answer. */
export interface RunOutcome {
  readonly end: RunEnd;
  readonly use: RunUse;
}
