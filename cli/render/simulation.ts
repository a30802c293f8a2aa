/** A simulation as it is shown: what was asked, what was assumed, what came of it. */
import type { SimulationSummary } from '../../controller/simulation/summary.ts';
import type { SimulatedPlan } from '../simulate-plan.ts';
import type { SimulationQuestion } from '../simulation-options.ts';
import type { Plan } from './plan.ts';

export interface ShownSimulation extends SimulatedPlan {
  readonly plan: Plan;
  readonly asked: SimulationQuestion;
  /** Undefined where nothing changes. */
  readonly summary: SimulationSummary | undefined;
}
