// An interpreter of a small stack machine, which runs a program of nested loops and calls.
enum { PUSH, ADD, SUB, MUL, AND, XOR, LOAD, STORE, LESS, JUMP, JUMP_ZERO, CALL, RETURN, DUP, SWAP, DROP, SHIFT, HALT };
static int memory[256], stack[256], calls[64];
static const int program[] = {
  PUSH, 0, STORE, 1, PUSH, 0, STORE, 2,
  /* 8 */ LOAD, 2, PUSH, 200, LESS, JUMP_ZERO, 53, PUSH, 0, STORE, 3,
  /* 19 */ LOAD, 3, PUSH, 300, LESS, JUMP_ZERO, 44,
  LOAD, 1, LOAD, 3, CALL, 54, ADD, STORE, 1, LOAD, 3, PUSH, 1, ADD, STORE, 3, JUMP, 19,
  /* 44 */ LOAD, 2, PUSH, 1, ADD, STORE, 2, JUMP, 8,
  /* 53 */ HALT,
  /* 54 */ DUP, PUSH, 3, SHIFT, XOR, PUSH, 255, AND, RETURN,
};
static int interpret(void) {
  int *sp = stack, *cp = calls;
  for (const int *pc = program;;) {
    switch (*pc++) {
      case PUSH: *sp++ = *pc++; break;
      case ADD: sp--; sp[-1] += sp[0]; break;
      case SUB: sp--; sp[-1] -= sp[0]; break;
      case MUL: sp--; sp[-1] *= sp[0]; break;
      case AND: sp--; sp[-1] &= sp[0]; break;
      case XOR: sp--; sp[-1] ^= sp[0]; break;
      case LOAD: *sp++ = memory[*pc++]; break;
      case STORE: memory[*pc++] = *--sp; break;
      case LESS: sp--; sp[-1] = sp[-1] < sp[0]; break;
      case JUMP: pc = program + *pc; break;
      case JUMP_ZERO: pc = *--sp ? pc + 1 : program + *pc; break;
      case CALL: *cp++ = pc + 1 - program; pc = program + *pc; break;
      case RETURN: pc = program + *--cp; break;
      case DUP: *sp = sp[-1]; sp++; break;
      case SWAP: { int swap = sp[-1]; sp[-1] = sp[-2]; sp[-2] = swap; break; }
      case DROP: sp--; break;
      case SHIFT: sp--; sp[-1] = (unsigned)sp[-1] >> sp[0]; break;
      default: return memory[1];
    }
  }
}
__attribute__((export_name("run"))) int run(int rounds) {
  int sum = 0;
  for (int r = 0; r < rounds; r++) sum += interpret();
  return sum;
}
