/**
 * What all devices of a fleet have in common, apart from what a site or a device says itself: with it any of them can be drawn again
 * when git has long moved on.
 */
import type { Application, Config, DeployedApplication } from '../../schemas/generated/types.ts';
import type { CataloguedRelease } from './desired.ts';

/** An application as a fleet runs it, its releases resolved. */
export interface DefinedApplication {
  readonly application: Application;
  readonly release: CataloguedRelease;
  readonly links: Pick<DeployedApplication, 'links'>;
  /** Of the application and the fleet, merged. */
  readonly config: Config;
}

/** Plain JSON, so that it can be kept as a row. */
export interface FleetDefinition {
  readonly fleet: string;
  readonly probationSeconds: number;
  /** Sorted by name. */
  readonly applications: readonly DefinedApplication[];
  /** SHA-256 in hexadecimal over the canonical JSON of all of the above. */
  readonly hash: string;
}
