import type { RunnableApplication } from './app-runtime.ts';
import { type OpenedSecrets, type OpenSecret, openSecrets } from './grants/opened-secrets.ts';
import type { PreparedModule } from './prepare/prepared-store.ts';
import type { Readiness } from './prepare/readiness.ts';

/** An application that a host can run. */
export interface ReadyApplication extends RunnableApplication {
  /** Undefined where the module could not be kept: its host makes it ready then. */
  readonly prepared?: PreparedModule;
  readonly opened?: OpenedSecrets;
  readonly ownProcess: readonly string[];
}

/** The application with what its host needs, or why it is not run. */
export function readyApplication(
  application: RunnableApplication,
  answer: Readiness,
  openSecret: OpenSecret,
): ReadyApplication | { readonly refusal: string } {
  if (answer.kind === 'refused') return { refusal: answer.message };
  const secrets = openSecrets(application, openSecret);
  if (secrets.kind === 'refused') return { refusal: secrets.message };
  const wanted = application.secrets === undefined ? application : { ...application, opened: secrets.secrets };
  if (answer.kind === 'failed') return { ...wanted, ownProcess: [`it is made ready there: ${answer.message}`] };
  const { prepared } = answer;
  return { ...wanted, prepared, ownProcess: prepared.traits.ownProcess };
}
