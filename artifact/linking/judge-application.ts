import { judgeLinkedModule, judgeModule } from '../admission/judge-module.ts';
import { isLinkName } from '../admission/link-name.ts';
import { memoryShortage } from '../admission/memory-limit.ts';
import type { Verdict } from '../admission/verdict.ts';
import { callerProblems, type Part } from './judge-caller.ts';
import { linkProblems } from './judge-link.ts';
import { useProblems } from './judge-use.ts';
import type { ModuleUse } from './module-use.ts';

/** All modules of one application: its own, and those linked to it by the name that they are imported from. */
export interface ApplicationModules {
  readonly own: Uint8Array;
  readonly links: ReadonlyMap<string, Uint8Array>;
  readonly use: ModuleUse;
  /** What its limit gives the memory of each of them, in pages of 64 KiB. */
  readonly memoryPagesMax: number;
}

/** What is wrong with one of them. */
export interface ApplicationProblem {
  /** The link that it is about; the application's own module where there is none. */
  readonly link?: string;
  /** Every reason, starting with a small letter. */
  readonly message: string;
}

/**
 * Says whether an application can run on a device: each module by itself and in its memory, that its own can be used as it is to
 * be, and that the links give what is imported.
 */
export function judgeApplication(modules: ApplicationModules): readonly ApplicationProblem[] {
  const { own, links, memoryPagesMax, use } = modules;
  if (links.size === 0) {
    const verdict = judgeModule(own);
    return problemOf(undefined, [...reasonsAlone(verdict, memoryPagesMax), ...misuse(own, verdict, use)]);
  }
  const all = [[undefined, own] as const, ...links];
  const parts = all.map(([link, bytes]): Part => ({ link, bytes, verdict: judgeLinkedModule(bytes) }));
  const refused = parts.flatMap(({ link, verdict }) => problemOf(link, reasonsAlone(verdict, memoryPagesMax)));
  if (refused.length > 0) return refused;
  const linked = new Set<string>();
  const found = parts.flatMap((part) => {
    const { link, bytes, verdict } = part;
    const asked = verdict.kind === 'runs' ? verdict.imports.filter(isLinkName) : [];
    for (const name of asked) linked.add(name);
    const used = link === undefined ? misuse(bytes, verdict, use) : [];
    const reasons = [
      ...entryProblems(link, verdict),
      ...used,
      ...asked.flatMap((name) => askedProblems(name, bytes, links)),
      ...callerProblems(part, parts),
    ];
    return problemOf(link, reasons);
  });
  const idle = [...links.keys()].filter((link) => !linked.has(link));
  return [...found, ...idle.map((link) => ({ link, message: `no module of it imports anything from ${link}` }))];
}

/** What speaks against a module whatever it is linked to. */
function reasonsAlone(verdict: Verdict, memoryPagesMax: number): readonly string[] {
  if (verdict.kind === 'refused') return verdict.problems.map(({ message }) => message);
  const shortage = memoryShortage(verdict.start, memoryPagesMax);
  return shortage === undefined ? [] : [shortage];
}

function misuse(own: Uint8Array, verdict: Verdict, use: ModuleUse): readonly string[] {
  return verdict.kind === 'runs' ? useProblems(own, verdict.entry, use) : [];
}

function problemOf(link: string | undefined, reasons: readonly string[]): readonly ApplicationProblem[] {
  if (reasons.length === 0) return [];
  return [{ ...(link === undefined ? {} : { link }), message: reasons.join('; ') }];
}

function entryProblems(link: string | undefined, verdict: Verdict): readonly string[] {
  const entry = verdict.kind === 'runs' ? verdict.entry : undefined;
  if (link === undefined && entry === 'library')
    return ['it exports neither the function _start (a command) nor _initialize (a reactor)'];
  if (link !== undefined && entry === 'command')
    return ['it exports _start, so it is a program; what is linked is a reactor or a library'];
  return [];
}

function askedProblems(name: string, consumer: Uint8Array, links: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const provider = links.get(name);
  if (provider !== undefined) return linkProblems(name, consumer, provider);
  return [`it imports from ${name}, which is not linked; linked are ${[...links.keys()].join(', ')}`];
}
