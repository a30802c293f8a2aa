/** Applications with all that a host needs to run them. */
import type { MachinePlace } from '../../platform/machine.ts';
import type { RunnableApplication } from './app-runtime.ts';
import { grantedPlaces, type MachinePlaces, sharedLine } from './grants/machine-places.ts';
import { type OpenedSecrets, type OpenSecret, openSecrets } from './grants/opened-secrets.ts';
import type { PreparedModule } from './prepare/prepared-store.ts';
import { type PreparedModules, preparables, type Readiness } from './prepare/readiness.ts';
import type { HostedModule } from './protocol.ts';

/** An application that a host can run. */
export interface ReadyApplication extends RunnableApplication {
  /** Undefined where the module could not be kept: its host makes it ready then. */
  readonly prepared?: PreparedModule;
  readonly links?: Readonly<Record<string, HostedModule>>;
  readonly opened?: OpenedSecrets;
  readonly places?: MachinePlaces;
  readonly ownProcess: readonly string[];
}

/** What this device has for applications besides their modules. */
export interface DeviceGrants {
  readonly openSecret: OpenSecret;
  /** What the integrator lists of the machine. */
  readonly machine: MachinePlaces;
  /** Whether what one application reads at a place is gone for others. */
  readonly isLine: (place: MachinePlace) => boolean;
}

/** The readiness of each module of an application, its own first; in the order of the applications. Never rejects. */
export async function readinessOf(
  prepared: Pick<PreparedModules, 'ready'>,
  applications: readonly RunnableApplication[],
): Promise<readonly (readonly Readiness[])[]> {
  const modules = applications.map(preparables);
  const answers = [...(await prepared.ready(modules.flat()))];
  return modules.map((of) => answers.splice(0, of.length));
}

/**
 * The application with what its host needs, or why it is not run; `answers` are of its own module first, then of its links,
 * `others` have what they are granted already.
 */
export function readyApplication(
  application: RunnableApplication,
  answers: readonly Readiness[],
  { openSecret, machine, isLine }: DeviceGrants,
  others: readonly RunnableApplication[],
): ReadyApplication | { readonly refusal: string } {
  const refused = answers.find((answer) => answer.kind === 'refused');
  if (refused !== undefined) return { refusal: refused.message };
  const secrets = openSecrets(application, openSecret);
  if (secrets.kind === 'refused') return { refusal: secrets.message };
  const places = grantedPlaces(application, machine);
  if (places.kind === 'refused') return { refusal: places.message };
  const shared = sharedLine(application, others, machine, isLine);
  if (shared !== undefined) return { refusal: shared };
  const [own, ...linked] = answers;
  return {
    ...withLinks(application, linked),
    ...(application.secrets === undefined ? {} : { opened: secrets.secrets }),
    ...(application.machine === undefined ? {} : { places: places.places }),
    ...preparedOf(own),
    ownProcess: answers.flatMap(ownProcessOf),
  };
}

function withLinks({ links, ...rest }: RunnableApplication, answers: readonly Readiness[]) {
  if (links === undefined) return rest;
  const linked = Object.entries(links).map(([link, module], at): [string, HostedModule] => {
    return [link, { ...module, ...preparedOf(answers[at]) }];
  });
  return { ...rest, links: Object.fromEntries(linked) };
}

function preparedOf(answer: Readiness | undefined): { readonly prepared?: PreparedModule } {
  return answer?.kind === 'ready' ? { prepared: answer.prepared } : {};
}

function ownProcessOf(answer: Readiness): readonly string[] {
  if (answer.kind === 'ready') return answer.prepared.traits.ownProcess;
  return answer.kind === 'failed' ? [`it is made ready there: ${answer.message}`] : [];
}
