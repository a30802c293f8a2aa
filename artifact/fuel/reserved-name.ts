import type { Export, Import } from '../wasm/module.ts';
import { fuelContract } from './contract.ts';

/** Why a module can't be metered that speaks for the meter; undefined where it can. */
export function reservedNameProblem(
  imports: readonly Pick<Import, 'module'>[],
  exports: readonly Pick<Export, 'name'>[],
): string | undefined {
  const { module, ...names } = fuelContract;
  const exported: readonly string[] = [names.left, names.stack, names.start];
  const taken = imports.some((one) => one.module === module)
    ? module
    : exports.find(({ name }) => exported.includes(name))?.name;
  return taken === undefined ? undefined : `it uses the name ${taken} itself, which is the meter's`;
}
