/**
 * The page in a browser, over a real controller and behind a proxy that takes a path prefix off: every view, what may not run, what
 * others can read with a screen reader, an act, a change as it happens, a connection that is lost and comes back.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import { routeFinder } from '../../controller/doors/http/find-route.ts';
import { pageOnce, pageRoutes } from '../../controller/doors/http/page-routes.ts';
import { bundlePage } from '../../controller/wiring/bundle-page.ts';
import type { HttpRequest, HttpResponse } from '../../platform/ports.ts';
import { ScenarioWorld } from '../scenarios/scenario-world.ts';
import { replay } from '../scenarios/transcript.ts';

const executablePath = '/usr/bin/chromium';
const inBrowser = existsSync(executablePath) ? test : test.skip;
if (!existsSync(executablePath)) console.log(`${executablePath} is not installed: the page is not looked at`);

const prefix = '/shore';
const world = new ScenarioWorld();
const find = routeFinder(pageRoutes({ loadPage: pageOnce(bundlePage) }));
let isDown = false;

/** The controller's time goes on, which is this world's, until something is done. */
async function lived(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  while (!isDone) await world.connect('aurora-bridge', true);
}

async function answerOf(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const found = find(request.url);
  const route = found?.routes[0];
  if (route?.for === 'anyone')
    return route.answer({ request, params: found!.params, peer: { address: '127.0.0.1' }, signal });
  const network = world.context(() => {}).openNetwork({});
  const answer = network.request({ ...request, url: `https://shore${request.url}` }, signal);
  if (request.method === 'POST') await lived(answer);
  return answer;
}

async function serve(asked: IncomingMessage, response: ServerResponse): Promise<void> {
  if (isDown || !asked.url!.startsWith(`${prefix}/`)) return void response.destroy();
  const body = Buffer.concat(await Array.fromAsync(asked));
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  const headers = asked.headers as Record<string, string>;
  const method = asked.method as HttpRequest['method'];
  const answer = await answerOf({ method, url: asked.url!.slice(prefix.length), headers, body }, leaving.signal);
  response.writeHead(answer.status, answer.headers);
  for await (const chunk of answer.body) response.write(chunk);
  response.end();
}

const server = createServer((asked, response) => void serve(asked, response).catch(() => response.destroy()));
let browser: Browser | undefined;

const evil = '<img src=x onerror=document.title=1>';
const said = (lines: string): string => `\`\`\`console\n${lines}\n\`\`\`\n`;
const begun = `$ example harbor with waves
$ commit "A harbor ${evil}"
$ controller starts
$ device aurora-bridge runs`;

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

test.before(async () => {
  if (!existsSync(executablePath)) return;
  await replay(said(begun), world);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({ executablePath, args: [...flags, '--disable-component-update', '--disable-sync'] });
});

test.after.always(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
  world.close();
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is not accessible in what is shown. */
async function barriers(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate('axe.run()');
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
}

inBrowser('the page shows a fleet as it is, lets nothing of others run, and says when it is cut off', async (t) => {
  const page = await browser!.newPage({ colorScheme: 'dark' });
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (line) => line.text().includes('Content Security Policy') && faults.push(line.text()));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}/`;
  await page.goto(base);
  await page.evaluate(axe);
  t.deepEqual(await barriers(page), []);

  await page.fill('input[name=token]', 'not the token');
  await page.click('button[type=submit]');
  await page.getByRole('alert').waitFor();
  await page.fill('input[name=token]', 'known-to-the-scenario-only');
  await page.click('button[type=submit]');
  await page.getByRole('heading', { name: '1 of 5 devices run what they should' }).waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  t.is((await page.getByText(evil).count()) > 0, true);
  t.is(await page.locator('img').count(), 0);
  t.deepEqual(await barriers(page), []);

  await replay(said('$ device truck-7-cab runs'), world);
  await page.getByRole('heading', { name: '2 of 5 devices run what they should' }).waitFor();

  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await page.getByRole('heading', { name: '5 devices' }).waitFor();
  t.deepEqual(await barriers(page), []);
  await page.evaluate(
    "globalThis.changedRows = new Set(); new MutationObserver((all) => all.forEach(({ target }) => { const row = (target.closest ? target : target.parentElement).closest('[data-device]'); if (row && !(target.parentElement?.closest('time'))) changedRows.add(row.dataset.device); })).observe(document.querySelector('.rows'), { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] })",
  );
  await replay(said('$ device aurora-engine runs'), world);
  await page.locator('[data-device=aurora-engine] .state-running').waitFor();
  t.deepEqual(await page.evaluate('[...changedRows]'), ['aurora-engine']);
  await page.getByRole('link', { name: 'aurora-engine' }).click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  t.deepEqual(await barriers(page), []);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('rollout ships');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.fill('input[name=who]', 'ada');
  await page.locator('form.act button[type=submit]').click();
  await page.locator('.rollout-paused').waitFor();
  t.deepEqual(await barriers(page), []);

  isDown = true;
  server.closeAllConnections();
  await page.getByText('Connection lost').waitFor();
  isDown = false;
  await page.getByText('live', { exact: true }).waitFor();
  await page.goto(`${base}#/sites`);
  await page.getByRole('link', { name: 'aurora' }).waitFor();
  t.deepEqual(await barriers(page), []);
  t.deepEqual(faults, []);
});
