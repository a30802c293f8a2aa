import { layoutOfOpcode, noLayout, opcodeName } from './opcodes.ts';

/*
By how many values each instruction makes the operand stack higher, by the first pattern that its name fits. Those
whose effect depends on a type, or that move control, are not here: whoever walks bodies knows them.
*/
const effects: readonly (readonly [number, RegExp])[] = [
  [1, /^(local|global)\.get$|\.const$|^(memory|table)\.size$|^ref\.(null|func)$|^struct\.new_default$/],
  [0, /^local\.tee$|^(memory\.grow|data\.drop|elem\.drop|atomic\.fence|nop)$/],
  [-1, /^(local|global)\.set$|^drop$|^table\.grow$/],
  [-5, /^array\.copy$/],
  [-4, /^array\.(fill|init_data|init_elem)$/],
  [-3, /^(memory|table)\.(copy|fill|init)$|^array\.set$/],
  [-2, /^(select|table\.set|struct\.set|memory\.atomic\.wait(32|64)|i64\.(add|sub)128)$/],
  [-1, /^array\.(new|new_data|new_elem|get|get_s|get_u)$|^ref\.eq$|^memory\.atomic\.notify$/],
  [0, /^(struct\.get|array\.len|array\.new_default|ref\.|i31\.|any\.|extern\.|table\.get)/],
  [-2, /store|cmpxchg|bitselect|laneselect|relaxed_(madd|nmadd)|dot_i8x16_i7x16_add/],
  [-1, /rmw|load\d+_lane$/],
  [0, /load|mul_wide|eqz|extract_lane|splat|any_true|all_true|bitmask|extadd_pairwise/],
  [-1, /\.(relaxed_)?(add|sub|mul|div|rem|and|andnot|or|xor|shl|shr|rotl|rotr|eq|ne|lt|gt|le|ge|copysign)(_|$)/],
  [-1, /\.(relaxed_)?(min|max|pmin|pmax|avgr|narrow|extmul|dot|q15mulr|swizzle|shuffle|replace_lane)(_|$)/],
];

function effectOf(name: string): number {
  for (const [effect, pattern] of effects) if (pattern.test(name)) return effect;
  return 0;
}

/** By how many values an instruction with this opcode makes the operand stack higher; most opcodes are none, and not looked at. */
export const stackEffects: Int8Array = Int8Array.from(layoutOfOpcode, (layout, opcode) =>
  layout === noLayout ? 0 : effectOf(opcodeName(opcode)),
);
