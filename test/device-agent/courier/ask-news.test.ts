/** One question for news: what is sent, and what answers mean. */
import test from 'ava';
import { askNews } from '../../../device-agent/courier/ask-news.ts';
import { sendPart } from '../../../device-agent/courier/send-part.ts';
import { type HttpRequest, NetworkError } from '../../../platform/ports.ts';
import { sumOfJson, unpackReport } from '../../../schemas/brief-report.ts';
import type { Report } from '../../../schemas/generated/types.ts';
import { packNewsAnswer, parseNewsRequest } from '../../../schemas/news.ts';

const [first, second] = [1, 2].map((counter) => ({ counter }) as Report);

type Answer = readonly [status: number, body?: Uint8Array | undefined, headers?: Readonly<Record<string, string>>];

/** A controller that answers so, one after the other. */
function shoreOf(answers: readonly (Answer | Error)[]) {
  const asked: HttpRequest[] = [];
  return {
    asked,
    ports: {
      controller: 'https://shore',
      countBytes: () => {},
      network: {
        request: async (request: HttpRequest) => {
          const answer = answers[asked.push(request) - 1]!;
          if (answer instanceof Error) throw answer;
          const [status, body = new Uint8Array(0), headers = {}] = answer;
          return {
            status,
            headers,
            body: (async function* () {
              yield body;
            })(),
          };
        },
      },
    },
  };
}

/** Asks it. */
async function ask(answers: readonly (Answer | Error)[], question: { base?: Report; desired?: object } = {}) {
  const { ports, asked } = shoreOf(answers);
  const reply = await askNews(ports, { report: second!, ...question }, new AbortController().signal);
  return { reply, asked: asked.map(({ body }) => parseNewsRequest(body!)!) };
}

test('it tells what it knows and its report, and that nothing is news', async (t) => {
  const { reply, asked } = await ask([[204]], { base: first!, desired: { sequence: 3 } });
  t.deepEqual(reply, { kind: 'answered', answer: { report: 'taken' } });
  const { ports } = shoreOf([[204]]);
  const around = await askNews({ ...ports, through: () => 'bridge' }, { report: second! }, AbortSignal.timeout(60_000));
  t.like(around, { kind: 'answered', through: 'bridge' });
  t.is(asked[0]?.knows, sumOfJson({ sequence: 3 }));
  t.like(unpackReport(asked[0]!.report, first), { kind: 'report', report: second! });
});

test('a shore without the report that this one goes on from gets it whole at once', async (t) => {
  const news = { report: 'taken', desired: { sequence: 4 } } as const;
  const { reply, asked } = await ask(
    [
      [200, packNewsAnswer({ report: 'other-base' })],
      [200, packNewsAnswer(news)],
    ],
    {
      base: first!,
    },
  );
  t.deepEqual(reply, { kind: 'answered', answer: news });
  t.like(unpackReport(asked[1]!.report), { kind: 'report', report: second! });
  t.is(asked.length, 2);
});

test('what is no answer of a controller is told for what it is', async (t) => {
  const kindOf = async (answer: Answer | Error) => {
    const { reply } = await ask([answer]);
    return reply.kind === 'unanswered' ? [reply.trouble.kind, reply.retryAfterMs] : reply.kind;
  };
  t.deepEqual(await kindOf([302, undefined, { location: 'https://login' }]), ['portal', undefined]);
  t.deepEqual(await kindOf([200, Buffer.from('<html>'), { 'content-type': 'text/html' }]), ['portal', undefined]);
  t.deepEqual(await kindOf([200, Buffer.alloc(100_000), { 'content-type': 'text/html' }]), ['portal', undefined]);
  t.deepEqual(await kindOf([429, Buffer.alloc(100_000), { 'retry-after': '60' }]), ['https', 60_000]);
  t.deepEqual(await kindOf([200, Buffer.alloc(100_000)]), ['https', undefined]);
  t.deepEqual(await kindOf([200, Buffer.from('words')]), ['https', undefined]);
  t.deepEqual(await kindOf([429, undefined, { 'retry-after': '60' }]), ['https', 60_000]);
  t.deepEqual(await kindOf([404]), ['https', undefined]);
  t.deepEqual(await kindOf(new NetworkError('TLS', 'not ours')), ['certificate', undefined]);
  t.deepEqual(await kindOf(new NetworkError('UNREACHABLE', 'nobody')), ['https', undefined]);
});

test('a part is sent where the shore took it, with its word if there is one, and else is not', async (t) => {
  const { signal } = new AbortController();
  const send = (answer: Answer | Error) => sendPart(shoreOf([answer]).ports, new Uint8Array(3), signal);
  t.deepEqual(await send([204]), { kind: 'sent' });
  t.deepEqual(await send([200, Buffer.from('{}')]), { kind: 'sent', answer: Buffer.from('{}').toString('base64') });
  const page: Answer = [200, Buffer.from('<html>'), { 'content-type': 'text/html' }];
  for (const answer of [[503], page, [200, new Uint8Array(5_000)], new NetworkError('CUT', 'gone')] as const)
    t.deepEqual(await send(answer as Answer | Error), { kind: 'unsent' });
});
