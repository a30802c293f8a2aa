import type { Brought, Courier, Verdict } from './courier.ts';

/** What an errand proves of the way to the shore; not-let-in: there is one, and the shore does not take this device's certificate. */
export type Heard = 'answered' | 'unanswered' | 'not-let-in';

/** Undefined where it proves nothing: what answered may have been a stranger, or the fault lies here. */
function evidenceOf(result: Verdict | Brought['result']): Heard | undefined {
  if (result.kind !== 'failed') return 'answered';
  if (result.problem.code === 'CERTIFICATE_REFUSED') return 'not-let-in';
  return result.isLink ? 'unanswered' : undefined;
}

/** A courier whose errands tell, besides what they are for, whether anybody answered. */
export function heardCourier(courier: Courier, onHeard: (heard: Heard) => void): Courier {
  const tell = (result: Verdict | Brought['result'], signal: AbortSignal): void => {
    const heard = evidenceOf(result);
    if (heard !== undefined && !signal.aborted) onHeard(heard);
  };
  return {
    judge: async (desired, signal) => {
      const verdict = await courier.judge(desired, signal);
      tell(verdict, signal);
      return verdict;
    },
    judgeBundle: (path, signal) => courier.judgeBundle(path, signal),
    answer: (envelope, signal) => courier.answer(envelope, signal),
    bring: async (errand, onProgress, signal) => {
      const brought = await courier.bring(errand, onProgress, signal);
      // What is carried by hand proves nothing of any link.
      if (errand.bundle === undefined) tell(brought.result, signal);
      return brought;
    },
  };
}
