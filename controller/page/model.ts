/** What the page knows of the fleet, kept by the changes that it hears. */
import { computed, effect, signal } from '@preact/signals';
import type { StatusDocument } from '../../schemas/generated/types.ts';
import { AskFault, ask, token } from './api.ts';
import { address, every, now, sleep } from './browser.ts';
import { followChanges } from './follow-changes.ts';
import { parseRoute } from './shown-route.ts';

/** How often what many changes touch is asked for anew at most. */
const breathMs = 1_000;

/** The summary, as it was answered last. */
export const summary = signal<StatusDocument | undefined>(undefined);

/** Why the last question for it had no answer. */
export const summaryFault = signal<string | undefined>(undefined);

/** What is looked at. */
export const route = signal(parseRoute(address.get()));

const ownNow = signal(now());
const aheadMs = signal(0);

/** The time at the controller, to the second: ages are told by its clock. */
export const shoreNow = computed(() => ownNow.value + aheadMs.value);

/** The time of this machine, to the second. */
export const machineNow = computed(() => ownNow.value);

type Listen = (devices: ReadonlySet<string> | 'all') => void;
const listeners = new Set<Listen>();

/** Tells of devices that changed, until what it gives is called. */
export function onChanges(listen: Listen): () => void {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Names that are told one by one; of more it is told that all may have changed. */
const namesMax = 500;
let waiting = new Set<string>();
let areAll = false;
let isBreathing = false;

async function askSummary(): Promise<void> {
  try {
    const answer = await ask<StatusDocument>('summary');
    aheadMs.value = Date.parse(answer.asOf) - now();
    summary.value = answer;
    summaryFault.value = undefined;
  } catch (error) {
    if (!(error instanceof AskFault)) throw error;
    summaryFault.value = error.message;
  }
}

/** Lets changes gather for a moment, so that a thousand of them are one question. */
async function breathe(): Promise<void> {
  if (isBreathing) return;
  isBreathing = true;
  try {
    while (token.peek() !== undefined && (areAll || waiting.size > 0)) {
      const changed = areAll || waiting.size > namesMax ? 'all' : waiting;
      waiting = new Set();
      areAll = false;
      for (const listen of listeners) listen(changed);
      await askSummary();
      await sleep(breathMs);
    }
  } finally {
    isBreathing = false;
  }
}

/** Asks for all that is shown anew, as after something was done. */
export function refreshAll(): void {
  areAll = true;
  void breathe();
}

const heard = {
  onDevice: (name: string): void => {
    waiting.add(name);
    void breathe();
  },
  // No device has this name, so none is asked for.
  onOther: (): void => {
    waiting.add('');
    void breathe();
  },
  onAll: refreshAll,
};

/** Begins to keep it; for as long as the page is there. */
export function startModel(): void {
  every(1_000, () => {
    ownNow.value = now();
  });
  address.listen(() => {
    route.value = parseRoute(address.get());
  });
  effect(() => {
    if (token.value !== undefined) void followChanges(heard);
    else summary.value = undefined;
  });
}
