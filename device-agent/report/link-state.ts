import type { Asks } from '../../schemas/generated/types.ts';
import type { LinkTrouble } from '../transport/link-trouble.ts';
import type { AgentStatus } from './status-file.ts';

/** What this machine knows of its connection. */
export type LinkState = Pick<AgentStatus, 'connected' | 'through' | 'lastConnectedAt' | 'trouble'>;

/** How an agent begins: what an earlier one had is remembered. */
export function linkAtStart(left: AgentStatus | undefined): LinkState {
  const { lastConnectedAt = left?.connected === true ? left.report.at : undefined } = left ?? {};
  return { connected: false, ...(lastConnectedAt === undefined ? {} : { lastConnectedAt }) };
}

/** The connection came or went. */
export function linkAfter(
  { through: _before, ...state }: LinkState,
  connected: boolean,
  at: string,
  through?: string,
): LinkState {
  if (connected) return { connected, ...(through === undefined ? {} : { through }), lastConnectedAt: at };
  return { ...state, connected, ...(state.connected ? { lastConnectedAt: at } : {}) };
}

/** One that has no session was answered. Why it has none stays known where it should have one. */
export function linkAtContact({ trouble }: LinkState, asks: Asks | undefined, at: string, through?: string): LinkState {
  const stays = asks?.why === 'no-mqtt' && trouble !== undefined;
  const way = through === undefined ? {} : { through };
  return { connected: false, ...way, lastConnectedAt: at, ...(stays ? { trouble } : {}) };
}

/** A try showed why there is none. The same trouble is not a new one at each try. */
export function linkInTrouble(state: LinkState, trouble: LinkTrouble, at: string): LinkState {
  const since = state.trouble?.kind === trouble.kind ? state.trouble.since : at;
  return { ...state, trouble: { ...trouble, since } };
}
