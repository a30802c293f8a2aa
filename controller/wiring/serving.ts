/** What devices fetch, by whichever door they ask. */
import { nodeClock as clock } from '../../platform/node/clock.ts';
import type { ParcelRequest } from '../../schemas/parcel.ts';
import type { Controller } from '../controller-parts.ts';
import { ArtifactError, type ArtifactFiles } from '../publishing/files/artifact-files.ts';
import { fillParcel } from '../publishing/fill-parcel.ts';
import type { ServingParts } from '../publishing/serve-artifacts.ts';
import type { Ground } from './ground.ts';

/** Files that are right, and parcels of them: undefined while they can't be read. */
export interface Serving {
  readonly parts: ServingParts;
  readonly fill: (request: ParcelRequest) => Promise<Uint8Array | undefined>;
  /** Tells that files can't be read now; throws all else. */
  readonly inTrouble: (error: unknown) => undefined;
}

/** Serves what was published. */
export function openServing({ guard }: Pick<Ground, 'guard'>, controller: Controller, files: ArtifactFiles): Serving {
  const parts: ServingParts = {
    ...{ files, clock },
    isRight: (file, bytes) => controller.isRightArtifact(file, bytes),
    onDamaged: (file) => guard.run('http', file, () => controller.mendArtifact(file)),
    onTrouble: (error) => guard.tell('http', 'artifacts', error),
  };
  const inTrouble = (error: unknown): undefined => {
    if (!(error instanceof ArtifactError)) throw error;
    parts.onTrouble(error);
  };
  return { parts, fill: (request) => fillParcel(request, parts).catch(inTrouble), inTrouble };
}
