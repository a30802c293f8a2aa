import test from 'ava';
import fc from 'fast-check';
import type { ContactHabit } from '../../../controller/simulation/contacts.ts';
import { simulate } from '../../../controller/simulation/simulate.ts';
import type { Simulation } from '../../../controller/simulation/simulation.ts';
import { keptRows } from '../../../controller/view/kept-rows.ts';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { desiredOf, minuteMs, named, RolloutScene, type Wanted } from '../engine/rollout-scene.ts';

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const names = Array.from({ length: 9 }, (_, at) => `ship-${at}`);

const rollout: FleetRollout = {
  waves: [
    { name: 'canary', limit: 2, soak: '2h' },
    { name: 'more', limit: 3, soak: '1h', approve: 'before' },
    { name: 'rest' },
  ],
  gate: { success: '50%', patience: '1d', failures: '60%' },
};

const wanted = (release: Wanted['release']): Wanted => ({ release, rollout, devices: named(...names) });

/** From where a device is offered something until the shore knows that it runs it, as simulated devices have it. */
const updateMs = 52_000;
const stepMs = 4_000;
const yesAfterMs = 3 * hourMs;

/** A real engine whose devices take what they are offered, all but those that are dark or give it up. */
class Life {
  readonly scene: RolloutScene;
  readonly #dark: ReadonlySet<string>;
  readonly #failing: ReadonlySet<string>;
  /** When each wave began, in the order of waves. */
  readonly starts: number[] = [];
  #asked: number | undefined;

  constructor(scene: RolloutScene, dark: readonly string[], failing: readonly string[]) {
    this.scene = scene;
    this.#dark = new Set(dark);
    this.#failing = new Set(failing);
  }

  get state(): string | undefined {
    return this.scene.rollout?.state;
  }

  async until(end: number): Promise<void> {
    const { scene } = this;
    while (scene.time.now < end && scene.rollout?.state === 'running') {
      const step = names.some((name) => this.#isMoving(name)) ? stepMs : minuteMs;
      await scene.pass(Math.min(step, end - scene.time.now));
      for (const name of names) await this.#speak(name);
      await this.#approve();
      const { wave, waveStartedAt, reason } = scene.rollout!;
      if (reason.code !== 'NEEDS_APPROVAL') this.starts[wave] = waveStartedAt;
    }
  }

  #isMoving(name: string): boolean {
    return this.scene.isAway(name) && !this.#dark.has(name);
  }

  async #speak(name: string): Promise<void> {
    if (!this.#isMoving(name)) return;
    const { scene } = this;
    const since = scene.time.now - scene.issued(name)!.issuedAt;
    if (since >= updateMs) await scene.say(this.#failing.has(name) ? 'gave up' : 'runs', name);
    else if (since >= 2_000) await scene.say('fetching', name);
  }

  async #approve(): Promise<void> {
    const { scene } = this;
    if (scene.rollout?.reason.code !== 'NEEDS_APPROVAL') return;
    this.#asked ??= scene.time.now;
    if (scene.time.now >= this.#asked + yesAfterMs) await scene.act('approve');
  }
}

interface Asked {
  readonly dark?: readonly string[];
  readonly failing?: readonly string[];
}

async function begun({ dark = [], failing = [] }: Asked = {}): Promise<Life> {
  const scene = await RolloutScene.open();
  const { rollout: _, ...atOnce } = wanted('1.0.0');
  await scene.commit(atOnce);
  await scene.say('runs', ...names);
  await scene.pass(hourMs);
  await scene.commit(wanted('1.1.0'));
  return new Life(scene, dark, failing);
}

/** What would go on from where the engine stands now. */
function goingOn({ scene }: Life, { dark = [] }: Asked, more: Partial<Simulation> = {}): Simulation {
  const desired = desiredOf(wanted('1.1.0'));
  const { image, engine } = scene;
  const base = { id: scene.revision, subject: 'x', desired };
  const load = { link: 'vsat', bytes: 1_000, ms: 8_000, price: 0.5, currency: 'EUR' };
  const left = names.filter((name) => scene.running(name) !== '1.1.0');
  return {
    ...{ base, next: base, startMs: scene.time.now, horizonMs: 60 * dayMs },
    told: { rows: keptRows({ image, context: engine.context }, ['ships'], names), keyId: 'key' },
    fleets: ['ships'],
    changes: left.map((device) => ({ device, fleet: 'ships', loads: [load] })),
    habitOf: (place): ContactHabit => ({ kind: 'always', ...(dark.includes(place) && { darkMs: 30 * dayMs }) }),
    ...{ usedOf: () => [], failShare: 0, approveAfterMs: yesAfterMs, consentAfterMs: 0, whenTrueShare: 1 },
    ...more,
  };
}

async function shipsOf(simulation: Simulation, seed = 1) {
  const [run] = await simulate(simulation, [seed]);
  return run!.fleets[0]!;
}

test('from wherever a rollout stands its waves begin in the same minutes as those of the engine that goes on itself', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 * 60 }),
      fc.integer({ min: 0, max: 59 }),
      fc.subarray(names, { maxLength: 2 }),
      fc.subarray(names, { maxLength: 1 }),
      async (minutes, seconds, dark, failing) => {
        const asked = { dark, failing: failing.filter((name) => !dark.includes(name)) };
        const life = await begun(asked);
        const { scene } = life;
        // Of a canary of which nobody is heard nothing is ever known.
        fc.pre(names.some((name) => scene.waves.get(name) === 0 && !dark.includes(name)));
        await life.until(scene.time.now + minutes * minuteMs + seconds * 1_000);
        if (life.state !== 'running') return;
        const from = scene.time.now;
        const open = scene.rollout!.wave;
        const seen = await shipsOf(goingOn(life, asked));
        await life.until(from + 20 * dayMs);
        for (const [at, { wave, isPast, startMs }] of seen.waves.entries()) {
          t.is(isPast === true, at < open, wave);
          const began = life.starts[at];
          if (at <= open || began === undefined) continue;
          t.true(Math.abs(startMs! + from - began) <= 2 * minuteMs, `${wave}: ${startMs! + from - began} ms apart`);
        }
      },
    ),
    { numRuns: 8 },
  );
});

test('what a rollout has come upon goes on to count: a failure, an abort, a pause, and nobody is offered it twice', async (t) => {
  const asked = { failing: names };
  const failed = await begun(asked);
  const { scene } = failed;
  await failed.until(scene.time.now + 40_000);
  // Both of the canary gave it up in the minute after; the simulation knows of one.
  const [first = ''] = names.filter((name) => scene.isAway(name));
  await scene.say('gave up', first);
  const one = await shipsOf(goingOn(failed, asked));
  t.like(one, { outcome: 'done', failed: 1, updated: 8 });
  await failed.until(scene.time.now + minuteMs);
  const both = await shipsOf(goingOn(failed, asked));
  t.like(both, { outcome: 'halted', failed: 2, updated: 0 });
  t.is(both.reason, scene.rollout?.reason.message);

  const paused = await begun();
  await paused.until(paused.scene.time.now + minuteMs);
  await paused.scene.act('pause');
  const still = await shipsOf(goingOn(paused, {}));
  t.like(still, { outcome: 'under-way', updated: 0, devices: 7 });
});

test('from a state that goes on updates fail and a ship stays dark as from any other', async (t) => {
  const life = await begun();
  await life.until(life.scene.time.now + hourMs);
  const all = await shipsOf(goingOn(life, {}, { failShare: 1 }));
  t.like(all, { outcome: 'halted', updated: 0, failed: 3 });
  t.is(all.waves[0]!.startMs, -hourMs);
  const away = names.filter((name) => life.scene.has(name) !== '1.1.0').slice(0, 1);
  const dark = await shipsOf(goingOn(life, { dark: away }));
  t.like(dark, { outcome: 'done', updated: 7 });
  t.true(dark.allMs! > 30 * dayMs);
});
