/**
 * The words between the supervisor and the app host. The host runs what it is given by strangers, so the supervisor
 * believes nothing of it that does not parse; the host believes its supervisor.
 */
import type { ApplicationReport } from '../../schemas/generated/types.ts';
import type { RunnableApplication } from './app-runtime.ts';

/** An application as the host is told of it: `restarts` counts on from a host before. */
export interface HostedApplication extends RunnableApplication {
  readonly restarts: number;
}

/** Supervisor to host. Closing the channel means: end at once. */
export type ToHost =
  | { readonly kind: 'apply'; readonly id: number; readonly applications: readonly HostedApplication[] }
  | { readonly kind: 'stop' };

/** Host to supervisor. `ready` comes first, once no other host of this state directory is alive. */
export type FromHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'applied'; readonly id: number }
  | { readonly kind: 'states'; readonly applications: readonly ApplicationReport[] };

const applicationsMax = 64;
const textMax = 256;
/** As the report's schema has it. */
export const messageMax = 200;
const states: ReadonlySet<unknown> = new Set<ApplicationReport['state']>([
  'starting',
  'running',
  'backoff',
  'completed',
  'failed',
  'stopped',
]);

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= textMax;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseReport(value: unknown): ApplicationReport | undefined {
  if (!isFields(value)) return undefined;
  const { name, version, state, since, restarts, exitCode, message } = value;
  if (!isText(name) || !isText(version) || !states.has(state) || !isText(since) || !isCount(restarts)) return undefined;
  if (exitCode !== undefined && !Number.isSafeInteger(exitCode)) return undefined;
  if (message !== undefined && typeof message !== 'string') return undefined;
  return {
    name,
    version,
    state: state as ApplicationReport['state'],
    since,
    restarts,
    ...(exitCode === undefined ? {} : { exitCode: exitCode as number }),
    ...(message === undefined ? {} : { message: message.slice(0, messageMax) }),
  };
}

/** The message, rebuilt from its known fields, or undefined when it is none of ours. */
export function parseFromHost(value: unknown): FromHost | undefined {
  if (!isFields(value)) return undefined;
  switch (value.kind) {
    case 'ready':
      return { kind: 'ready' };
    case 'applied':
      return isCount(value.id) ? { kind: 'applied', id: value.id } : undefined;
    case 'states': {
      const list = value.applications;
      if (!Array.isArray(list) || list.length > applicationsMax) return undefined;
      const applications = list.map(parseReport);
      return applications.every((report) => report !== undefined) ? { kind: 'states', applications } : undefined;
    }
    default:
      return undefined;
  }
}
