/** The gates that stand before a deployment, in the order in which they are told. */
import type { DeployedConditions, DeployedLink, DeployedWindows } from '../../schemas/generated/types.ts';
import { conditionGate } from './condition-gate.ts';
import { type ConsentWorld, consentGate } from './consent-gate.ts';
import { type Gate, type Look, type Purpose, waiting } from './gate.ts';
import { linkGate, type Ways } from './link-gate.ts';
import type { Senses } from './senses.ts';
import { windowGate } from './window-gate.ts';

/** What of a deployment says when it may be fetched and activated; consent is asked for the latter. */
export interface Gated {
  readonly windows?: DeployedWindows;
  readonly when?: DeployedConditions;
  readonly consent?: 'required';
  readonly links?: readonly DeployedLink[];
  readonly sequence: number;
}

/** Whether it is to be waited for something before it is done. */
export function isGated(to: Purpose, { windows, when, consent, links }: Gated): boolean {
  if (windows?.[to] !== undefined || when?.[to] !== undefined) return true;
  return to === 'activate' ? consent !== undefined : links !== undefined;
}

/** A gate that stays closed, and says so, where it can't be told here what opens it. */
async function guarded(to: Purpose, code: string, what: string, open: Promise<Gate>): Promise<Gate> {
  const closed = (error: unknown): Look => {
    const why = error instanceof Error ? error.message : String(error);
    const message = `its ${what} to ${to} can't be read here: ${why}`;
    return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: waiting(to, code, message) };
  };
  const looking = (gate: Gate) => (): Look => {
    try {
      return gate.look();
    } catch (error) {
      return closed(error);
    }
  };
  return open.then(
    (gate) => ({ look: looking(gate) }),
    (error: unknown) => ({ look: () => closed(error) }),
  );
}

/** What gates look at. */
export interface GateWorld extends ConsentWorld {
  readonly senses: Senses;
  readonly links: Ways;
  /** Whether a deployment has modules that are not there yet. */
  readonly lacksModules: (sequence: number) => boolean;
}

/** All of them. */
export function gatesOf(
  to: Purpose,
  { windows, when, consent, links, sequence }: Gated,
  world: GateWorld,
): Promise<readonly Gate[]> {
  const [list, condition] = [windows?.[to], when?.[to]];
  return Promise.all([
    // First, so that somebody is asked before the moment comes in which it could be done.
    ...(to === 'activate' && consent !== undefined ? [consentGate(to, sequence, world)] : []),
    ...(list === undefined ? [] : [guarded(to, 'WINDOW_UNREADABLE', 'windows', windowGate(to, list, world))]),
    ...(condition === undefined || when === undefined
      ? []
      : [guarded(to, 'WHEN_UNREADABLE', 'condition', conditionGate(to, condition, when, world.senses))]),
    ...(to === 'fetch' && links !== undefined && world.lacksModules(sequence)
      ? [guarded(to, 'WINDOW_UNREADABLE', 'hours of links', linkGate(to, links, world.links, world))]
      : []),
  ]);
}
