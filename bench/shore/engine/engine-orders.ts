/** What the benchmark asks of a controller's process, and what it is told of each order. */
import type { StatusQuery } from '../../../controller/view/selection.ts';

/** One thing to do; the answer comes when it is done. */
export type EngineOrder =
  /** Takes up what there is, until status can be asked. */
  | { readonly kind: 'start' }
  /** Looks at the branch, until so many shadows are written, or connected devices told. */
  | { readonly kind: 'follow'; readonly devices: number; readonly isTold: boolean }
  /** All devices connect and report that they run their first deployment, of this revision. */
  | { readonly kind: 'come-aboard'; readonly revision: string }
  | { readonly kind: 'status'; readonly query: StatusQuery }
  /** A page of devices, as a URL asks for it. */
  | { readonly kind: 'devices'; readonly query: string }
  | { readonly kind: 'stop' };

/** What an order cost. */
export interface EngineSample {
  readonly wallMs: number;
  /** Of the process with its threads, and of the programs that it ran. */
  readonly cpuMs: number;
  /** By the clock, which on a busy machine tells of others too. */
  readonly longestBlockMs: number;
  readonly longestTurnCpuMs: number;
  readonly rssMb: number;
  /** Of the process so far. */
  readonly peakMb: number;
  /** Of one question: the median, and the answer's length. */
  readonly ms?: number;
  readonly bytes?: number;
}
