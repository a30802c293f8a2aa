/** An application with all that is known of its modules before they run: a pure answer. */
import type { RunnableApplication } from './app-runtime.ts';
import type { PreparedModule } from './prepare/prepared-store.ts';
import { type PreparedModules, preparables, type Readiness } from './prepare/readiness.ts';
import type { HostedModule } from './protocol.ts';

/** An application whose modules are ready to run. */
export interface ReadyApplication extends RunnableApplication {
  /** Undefined where it could not be kept: its host makes it ready then. */
  readonly prepared?: PreparedModule;
  readonly links?: Readonly<Record<string, HostedModule>>;
  /** Why it can't share a process; empty where it can. */
  readonly ownProcess: readonly string[];
}

/** What came of an application: ready, or why it will not run. */
export type ReadyAnswer =
  | { readonly kind: 'ready'; readonly application: ReadyApplication }
  | { readonly kind: 'refused'; readonly message: string };

/** Has the modules of all made ready; answers in the order of the question, and never rejects. */
export async function readyApplications(
  prepared: Pick<PreparedModules, 'ready'>,
  applications: readonly RunnableApplication[],
): Promise<readonly ReadyAnswer[]> {
  const modules = applications.map(preparables);
  const answers = [...(await prepared.ready(modules.flat()))];
  return applications.map((application, at) => readyAnswer(application, answers.splice(0, modules[at]!.length)));
}

/** `answers` are of its own module first, then of its links. */
function readyAnswer(application: RunnableApplication, answers: readonly Readiness[]): ReadyAnswer {
  const refused = answers.find((answer) => answer.kind === 'refused');
  if (refused !== undefined) return { kind: 'refused', message: refused.message };
  const [own, ...others] = answers;
  const { links, ...rest } = application;
  const ready: ReadyApplication = { ...rest, ...preparedOf(own), ownProcess: answers.flatMap(ownProcessOf) };
  if (links === undefined) return { kind: 'ready', application: ready };
  const linked = Object.entries(links).map(([link, module], at) => {
    return [link, { ...module, ...preparedOf(others[at]) }] as const;
  });
  return { kind: 'ready', application: { ...ready, links: Object.fromEntries(linked) } };
}

function preparedOf(answer: Readiness | undefined): { readonly prepared?: PreparedModule } {
  return answer?.kind === 'ready' ? { prepared: answer.prepared } : {};
}

function ownProcessOf(answer: Readiness): readonly string[] {
  if (answer.kind === 'ready') return answer.prepared.traits.ownProcess;
  return answer.kind === 'failed' ? [`it is made ready there: ${answer.message}`] : [];
}
