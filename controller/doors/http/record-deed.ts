/** What is written down of a caller's request: whatever does something, and everybody who was not let in. */
import type { HttpResponse } from '../../../platform/ports.ts';
import type { AuditDeed } from '../../../schemas/audit-chain.ts';
import { isObject } from '../../../schemas/json-object.ts';
import type { Caller } from '../../access/caller.ts';
import { errorAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import type { Asked, CallerRoute } from './route.ts';

/** Where it is written down. */
export interface Recorder {
  /** Resolves when it is durable. */
  readonly done: (deed: AuditDeed) => Promise<void>;
  /** Of many that are alike a count is kept. */
  readonly refused: (deed: AuditDeed) => void;
}

/** Longer bodies bring what devices wrote, and say nothing of who does what. */
const readBytesMax = 65_536;

/** An error is shorter by far. */
const errorBytesMax = 4096;

type Members = Readonly<Record<string, unknown>>;

function textOf(members: Members, name: string, lengthMax: number): string | undefined {
  const value = members[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, lengthMax) : undefined;
}

/** Members of a body or a path that name what something is done to. */
const subjects = ['fleet', 'wave', 'site', 'device', 'revision', 'lease'] as const;

/** `token` of `/api/v1/tokens/{name}`. */
function kindOfName(path: string): string {
  return (path.split('/')[3] ?? '').replace(/s$/, '');
}

function aboutOf(path: string, members: Members): string | undefined {
  const named = textOf(members, 'name', 63);
  const found = subjects.flatMap((subject) => {
    const value = textOf(members, subject, 64);
    return value === undefined ? [] : [`${subject}/${value}`];
  });
  const all = named === undefined ? found : [`${kindOfName(path)}/${named}`, ...found];
  return all.length === 0 ? undefined : all.join(' ').slice(0, 300);
}

/** What somebody asks for, without what came of it. */
function attempt(caller: Caller | undefined, { operation, path }: CallerRoute, { request, params, peer }: Asked) {
  const body = (request.body?.length ?? 0) > readBytesMax ? undefined : parseJson(request.body);
  const members: Members = { ...(isObject(body) ? body : {}), ...params };
  const { name: who, kind } = caller ?? { name: 'nobody', kind: 'nobody' as const };
  const [act, about, why, says] = [
    textOf(members, 'act', 32),
    aboutOf(path, members),
    textOf(members, 'why', 400),
    textOf(members, 'who', 100),
  ];
  return {
    ...{ who, kind, from: peer.address.slice(0, 100) },
    what: [operation ?? path, act].join(' ').trimEnd(),
    ...(about !== undefined && { about }),
    ...(why !== undefined && { why }),
    ...(says !== undefined && says !== who && { says }),
  };
}

/** The code and message of an error, and an answer that can still be sent. */
async function errorIn(answer: HttpResponse) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const told = bytes.length > errorBytesMax ? undefined : parseJson(bytes);
  const members = isObject(told) ? told : {};
  const [code, message] = [textOf(members, 'code', 64), textOf(members, 'message', 300)];
  const body = (async function* () {
    yield bytes;
  })();
  return {
    why: {
      outcome: 'refused',
      ...(code !== undefined && { code }),
      ...(message !== undefined && { message }),
    } as const,
    answer: { ...answer, body },
  };
}

/** Writes down that somebody was not let through; the answer that says so. */
export async function recordRefusal(
  recorder: Recorder | undefined,
  caller: Caller | undefined,
  route: CallerRoute,
  asked: Asked,
  refusal: HttpResponse,
): Promise<HttpResponse> {
  if (recorder === undefined) return refusal;
  const { why, answer } = await errorIn(refusal);
  recorder.refused({ ...attempt(caller, route, asked), ...why });
  return answer;
}

/** Writes down what became of a deed; the answer, once that is durable. */
export async function recordDeed(
  recorder: Recorder | undefined,
  caller: Caller,
  route: CallerRoute,
  asked: Asked,
  answered: HttpResponse,
): Promise<HttpResponse> {
  if (recorder === undefined) return answered;
  const deed = attempt(caller, route, asked);
  if (answered.status >= 400) {
    const { why, answer } = await errorIn(answered);
    recorder.refused({ ...deed, ...why });
    return answer;
  }
  try {
    await recorder.done({ ...deed, outcome: 'done' });
    return answered;
  } catch (error) {
    const message = `it was done, and could not be written into the audit: ${(error as Error).message}`;
    return errorAnswer(503, 'NOT_RECORDED', message.slice(0, 300), { 'retry-after': '5' });
  }
}
