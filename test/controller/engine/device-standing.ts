import { observe } from '../../../controller/engine/context.ts';
import type { Engine } from '../../../controller/engine/engine.ts';
import type { Image } from '../../../controller/engine/image.ts';

/** What a device of an engine may have by what is known of it, and how planning sees it. */
export function standingOf({ engine, image }: { readonly engine: Engine; readonly image: Image }, name: string) {
  const { context } = engine;
  const desired = context.desired.devices.get(name)!;
  const observed = observe(image, context, name, desired);
  const permitted = context.rollouts.permitted(image, desired, observed, context.now);
  return { desired, observed, permitted, context };
}
