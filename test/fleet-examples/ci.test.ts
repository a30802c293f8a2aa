/** The examples for GitHub and GitLab: what they may and may not, and their very commands in a real repository. */
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { ScenarioWorld } from '../scenarios/scenario-world.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => fs.readFileSync(join(root, 'fleet-examples/ci', name), 'utf8');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: string;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<'plan' | 'comment', { readonly if?: string; readonly permissions: object; readonly steps: readonly Step[] }>
  >;
}

interface GitlabJob {
  readonly script: readonly string[];
  readonly before_script: readonly string[];
  readonly environment?: { readonly name: string };
}

const workflow: Workflow = parse(read('github.yml'));
const gitlab: Readonly<Record<'fleet-plan' | 'fleet-plan-comment', GitlabJob>> = parse(read('gitlab.yml'));

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args], { stdio: 'pipe' })
    .toString()
    .trim();
}

/** Runs what a step says, as runners do: by bash, which ends at the first command that fails. */
async function runLines(directory: string, lines: string, environment: Readonly<Record<string, string>>) {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const child = spawn('bash', ['-eo', 'pipefail', '-c', lines], {
    cwd: directory,
    env: { PATH: path, HOME: directory, ...environment },
  });
  child.stdin.end();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [complaint] = await Promise.all([text(child.stderr), text(child.stdout)]);
  return { code: await ended, complaint };
}

interface PullRequest {
  readonly world: ScenarioWorld;
  /** Where a runner has its checkouts. */
  readonly workspace: string;
}

/** A pull request of a fleet repository with two commits, beside a planner that is this one. */
async function openPullRequest(t: ExecutionContext): Promise<PullRequest> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  await world.commit('A faster Aurora');
  const workspace = join(world.directory, 'workspace');
  const planner = join(world.directory, 'planner');
  fs.mkdirSync(planner, { recursive: true });
  fs.mkdirSync(workspace);
  fs.writeFileSync(join(planner, 'fleet'), `#!/bin/sh\nexec ${root}/fleet "$@"\n`, { mode: 0o755 });
  git(planner, 'init', '--quiet');
  git(planner, 'add', 'fleet');
  git(planner, 'commit', '--quiet', '-m', 'A planner');
  return { world, workspace };
}

/** A commit that the controller would refuse. */
async function spoil({ world }: PullRequest): Promise<void> {
  world.edit('fleets/trucks.yaml', 'spec:', 'spex:');
  await world.commit('A slip');
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: string;
}

/** A forge as far as comments go: it has those that are posted, and is told by whom it was called. */
async function openForge(t: ExecutionContext, comments: readonly object[]) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const token = headers.authorization ?? headers['private-token']?.toString();
    calls.push({ method, path: url.replace(/\?.*$/, ''), token, body: await text(request) });
    response.end(JSON.stringify(method === 'GET' ? comments : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('the workflow for GitHub has pinned actions, no secret, and one right, to comment, in a job that has no checkout', (t) => {
  const { on, permissions, jobs } = workflow;
  t.is(on, 'pull_request');
  t.deepEqual(permissions, {});
  t.deepEqual(jobs.plan.permissions, { contents: 'read' });
  t.deepEqual(jobs.comment.permissions, { 'pull-requests': 'write' });
  t.regex(jobs.comment.if ?? '', /head\.repo\.full_name == github\.repository/);
  const steps = [...jobs.plan.steps, ...jobs.comment.steps];
  for (const { uses } of steps.filter((step) => step.uses !== undefined))
    t.regex(uses!, /^actions\/[a-z-]+@[0-9a-f]{40}$/);
  for (const { run = '' } of steps) t.false(run.includes('${{'), 'what a stranger may name is no part of a script');
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
  t.deepEqual(
    checkouts.map((step) => step.with?.['persist-credentials']),
    [false, false],
  );
  t.false(jobs.comment.steps.some((step) => checkouts.includes(step)));
  t.notRegex(read('github.yml'), /secrets\./);
});

test('the job for GitLab that plans has no token, and the one that comments does so in an environment of its own', (t) => {
  t.notRegex(JSON.stringify(gitlab['fleet-plan']), /TOKEN/);
  t.is(gitlab['fleet-plan-comment'].environment?.name, 'fleet-plan-comment');
  t.notRegex(JSON.stringify(gitlab['fleet-plan-comment']), /planner|git clone/);
});

test('the commands for GitHub plan a pull request, stop what is refused, and keep one comment', async (t) => {
  t.timeout(120_000);
  const request = await openPullRequest(t);
  const { workspace, world } = request;
  const checkout = join(workspace, 'pull-request');
  git(workspace, 'clone', '--quiet', join(world.directory, 'planner'), 'planner');
  const plan = workflow.jobs.plan.steps.find(({ run }) => run !== undefined)!;
  const summary = join(workspace, 'summary.md');
  const runPlan = async () => {
    fs.rmSync(checkout, { recursive: true, force: true });
    git(workspace, 'clone', '--quiet', world.repository, checkout);
    return runLines(checkout, plan.run!, { GITHUB_STEP_SUMMARY: summary });
  };
  const planned = await runPlan();
  t.is(planned.code, 0, planned.complaint);
  const markdown = fs.readFileSync(join(workspace, 'plan.md'), 'utf8');
  t.regex(markdown, /^## Fleet plan\n\n\*\*2 devices get a deployment at once/);
  t.is(fs.readFileSync(summary, 'utf8'), markdown);

  const comment = workflow.jobs.comment.steps.find(({ run }) => run !== undefined)!;
  const others = [
    { id: 1, user: { login: 'mallory' }, body: '## Fleet plan: all is well' },
    { id: 2, user: { login: 'github-actions[bot]' }, body: 'Coverage' },
  ];
  const own = { id: 3, user: { login: 'github-actions[bot]' }, body: markdown };
  for (const [comments, method, path] of [
    [others, 'POST', '/repos/ada/fleet/issues/7/comments'],
    [[...others, own], 'PATCH', '/repos/ada/fleet/issues/comments/3'],
  ] as const) {
    const forge = await openForge(t, comments);
    const environment = { GITHUB_API_URL: forge.url, GITHUB_REPOSITORY: 'ada/fleet', NUMBER: '7', GH_TOKEN: 'known' };
    const { code, complaint } = await runLines(workspace, comment.run!, environment);
    t.is(code, 0, complaint);
    const [asked, told] = forge.calls;
    t.like(asked, { method: 'GET', path: '/repos/ada/fleet/issues/7/comments', token: 'Bearer known' });
    t.like(told, { method, path, token: 'Bearer known' });
    t.is(JSON.parse(told!.body).body, markdown);
  }

  await spoil(request);
  t.is((await runPlan()).code, 13);
  t.regex(fs.readFileSync(join(workspace, 'plan.md'), 'utf8'), /\*\*Refused:\*\*.*\n\n- `fleets\/trucks\.yaml:/);
});

test('the commands for GitLab plan a merge request, stop what is refused, and keep one comment', async (t) => {
  t.timeout(120_000);
  const request = await openPullRequest(t);
  const { workspace, world } = request;
  const checkout = join(workspace, 'project');
  const planner = join(world.directory, 'planner');
  const job = gitlab['fleet-plan'];
  const runPlan = async () => {
    for (const made of [checkout, join(workspace, 'planner')]) fs.rmSync(made, { recursive: true, force: true });
    git(workspace, 'clone', '--quiet', world.repository, checkout);
    return runLines(checkout, [...job.before_script, ...job.script].join('\n'), {
      FLEET_PLANNER_URL: planner,
      FLEET_PLANNER_COMMIT: git(planner, 'rev-parse', 'HEAD'),
      CI_BUILDS_DIR: workspace,
      CI_COMMIT_SHA: git(checkout, 'rev-parse', 'HEAD'),
      CI_MERGE_REQUEST_DIFF_BASE_SHA: git(checkout, 'rev-parse', 'HEAD~1'),
    });
  };
  const planned = await runPlan();
  t.is(planned.code, 0, planned.complaint);
  const markdown = fs.readFileSync(join(checkout, 'plan.md'), 'utf8');
  t.regex(markdown, /^## Fleet plan\n\n\*\*2 devices get a deployment at once/);

  const comment = gitlab['fleet-plan-comment'].script.join('\n');
  const notes = '/projects/5/merge_requests/7/notes';
  const others = [
    { id: 1, author: { username: 'mallory' }, body: '## Fleet plan: all is well' },
    { id: 2, author: { username: 'project_5_bot' }, body: 'Coverage' },
  ];
  const own = { id: 3, author: { username: 'project_5_bot_0f3a' }, body: markdown };
  for (const [comments, method, path] of [
    [others, 'POST', notes],
    [[...others, own], 'PUT', `${notes}/3`],
  ] as const) {
    const forge = await openForge(t, comments);
    const environment = { CI_API_V4_URL: forge.url, CI_PROJECT_ID: '5', CI_MERGE_REQUEST_IID: '7' };
    t.is((await runLines(checkout, comment, environment)).code, 0);
    t.deepEqual(forge.calls, [], 'without a token nobody is called');
    const { code, complaint } = await runLines(checkout, comment, { ...environment, FLEET_COMMENT_TOKEN: 'known' });
    t.is(code, 0, complaint);
    const [asked, told] = forge.calls;
    t.like(asked, { method: 'GET', path: notes, token: 'known' });
    t.like(told, { method, path, token: 'known' });
    t.is(new URLSearchParams(told!.body).get('body'), markdown);
  }

  await spoil(request);
  t.is((await runPlan()).code, 13);
  t.regex(fs.readFileSync(join(checkout, 'plan.md'), 'utf8'), /\*\*Refused:\*\*/);
});
