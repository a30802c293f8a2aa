/** A simulation as it is shown: what was asked, what was assumed, what came of it. */
import type { SimulatedRun } from '../../controller/simulation/simulation.ts';
import type { SimulationSummary } from '../../controller/simulation/summary.ts';
import type { ContactBasis } from '../simulate-plan.ts';
import type { SimulationQuestion } from '../simulation-options.ts';
import type { Plan } from './plan.ts';

export interface ShownSimulation {
  readonly plan: Plan;
  readonly asked: SimulationQuestion;
  readonly contacts: ContactBasis;
  readonly runs: readonly SimulatedRun[];
  /** Undefined where nothing changes. */
  readonly summary: SimulationSummary | undefined;
}
