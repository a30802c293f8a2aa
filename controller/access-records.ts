/** Who may ask the API, and what they did, as the engine keeps it. */
import type { Clock } from '../platform/ports.ts';
import type { AuditPage } from '../schemas/generated/types.ts';
import { auditPage } from './access/audit.ts';
import { GatheredRefusals } from './access/gathered-refusals.ts';
import { Tokens } from './access/tokens.ts';
import type { Recorder } from './doors/http/record-deed.ts';
import type { Engine } from './engine/engine.ts';
import type { Image } from './engine/image.ts';
import type { StatePort } from './state/state-port.ts';

export interface AccessRecords {
  /** Named tokens of the API. */
  readonly tokens: Tokens;
  /** Where it is written down what was done over the API, and who was refused. */
  readonly recorder: Recorder;
  /** Entries of the audit behind a number, oldest first. */
  readonly readAudit: (after: number, limit: number) => Promise<AuditPage>;
}

/** What they stand on. */
export interface AccessParts {
  readonly clock: Clock;
  readonly image: Pick<Image, 'tokens' | 'auditHead'>;
  readonly state: Pick<StatePort, 'read'>;
  readonly engine: Pick<Engine, 'ask' | 'tell'>;
}

/** Over all that is remembered of both. */
export function accessRecords({ clock, image, state, engine }: AccessParts): AccessRecords {
  const gathered = new GatheredRefusals({
    after: (delayMs, callback) => clock.after(delayMs, callback),
    note: (deed) => engine.tell({ kind: 'audit', deed }),
  });
  const textsOf = async (numbers: readonly number[]) => {
    const rows = await state.read(numbers.map((n) => ({ room: 'audit', key: String(n) })));
    return rows.flatMap((row) => ('value' in row ? [row.value] : []));
  };
  return {
    tokens: new Tokens(image.tokens.values(), {
      now: () => clock.now(),
      keep: (writes) => engine.ask({ kind: 'tokens', writes }),
      note: (write) => engine.tell({ kind: 'tokens', writes: [write] }),
    }),
    recorder: {
      done: (deed) => engine.ask({ kind: 'audit', deed }),
      refused: (deed) => gathered.take(deed),
    },
    readAudit: (after, limit) => auditPage(image.auditHead, after, limit, textsOf),
  };
}
