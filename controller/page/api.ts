/** What the page asks of the controller. */
import { signal } from '@preact/signals';
import { printableDeep } from '../../platform/printable.ts';
import type { RolloutActRequest } from '../../schemas/generated/types.ts';
import { exchange, tab } from './browser.ts';

/** An answer that is none: what the controller says of it, or that it is not there. */
export class AskFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const tokenKey = 'fleet-token';

/** What who looks shows the controller; undefined while they have not said it. */
export const token = signal<string | undefined>(tab.get(tokenKey));

/** Why a token that was shown does not count. */
export const signInFault = signal<string | undefined>(undefined);

/** Takes a token for as long as this tab is open. */
export function signIn(value: string): void {
  signInFault.value = undefined;
  tab.set(tokenKey, value);
  token.value = value;
}

/** Forgets the token. */
export function signOut(why?: string): void {
  signInFault.value = why;
  tab.set(tokenKey, undefined);
  token.value = undefined;
}

async function faultOf(answer: Response): Promise<AskFault> {
  const body = (await answer.json().catch(() => ({}))) as { readonly code?: unknown; readonly message?: unknown };
  const { code, message } = printableDeep(body);
  const text = typeof message === 'string' ? message.slice(0, 400) : `the controller answers ${answer.status}`;
  return new AskFault(answer.status, typeof code === 'string' ? code : 'NO_ANSWER', text);
}

/** One exchange; throws `AskFault`, and forgets a token that does not count. */
export async function open(path: string, init: RequestInit = {}): Promise<Response> {
  const shown = token.peek();
  const headers = { ...init.headers, authorization: `Bearer ${shown}` };
  const answer = await exchange(`api/v1/${path}`, { cache: 'no-store', ...init, headers }).catch((error: unknown) => {
    throw new AskFault(0, 'UNREACHED', `the controller does not answer: ${String(error).slice(0, 200)}`);
  });
  if (answer.ok) return answer;
  const fault = await faultOf(answer);
  if (fault.status === 401 && shown === token.peek()) signOut(fault.message);
  throw fault;
}

/** Asks for a document; what others wrote in it can be shown. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await open(path, signal === undefined ? {} : { signal });
  return printableDeep((await answer.json()) as T);
}

/** Does something to a rollout. */
export async function act(request: RolloutActRequest): Promise<void> {
  await open('rollouts/act', { method: 'POST', body: JSON.stringify(request) });
}
