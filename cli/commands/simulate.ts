import { basename, dirname, resolve } from 'node:path';
import { summarize } from '../../controller/simulation/summary.ts';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { type Command, type CommandContext, CommandError, cutWidth } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { withPlan } from '../make-plan.ts';
import { ProgressBar } from '../render/progress-bar.ts';
import { minuteOf } from '../render/quantities.ts';
import type { ShownSimulation } from '../render/simulation.ts';
import { simulationDocument } from '../render/simulation-document.ts';
import { simulationPlot } from '../render/simulation-plot.ts';
import { simulationScreen } from '../render/simulation-screen.ts';
import { styleFor } from '../render/style.ts';
import { settingsOption } from '../settings.ts';
import { controllersWord } from '../shore-word.ts';
import { simulatePlan } from '../simulate-plan.ts';
import { type SimulationQuestion, simulationOptions, simulationQuestion } from '../simulation-options.ts';
import { toldInFile } from '../told-status.ts';

function simulated(context: CommandContext, asked: SimulationQuestion): Promise<ShownSimulation> {
  const word = asked.status === undefined ? controllersWord(context) : toldInFile(context, asked.status);
  return withPlan(context, asked, word, async (opened) => {
    using progress = new ProgressBar(context.stderr, context.clock);
    const lived = await simulatePlan(opened, asked, word.now, (done, of) => {
      progress.update(`${done} of ${of} runs done`, done / of);
    });
    const summary = lived.runs.length === 0 ? undefined : summarize(lived.runs);
    return { ...lived, plan: opened.plan, asked, summary };
  });
}

function render(context: CommandContext, shown: ShownSimulation): string {
  if (shown.asked.format === 'json') return `${JSON.stringify(simulationDocument(shown), undefined, 2)}\n`;
  return simulationScreen(shown, { columns: cutWidth(context.stdout), style: styleFor(context.color) });
}

/** Refuses a name that is no picture's, and one in whose place there is a directory, before anybody waits. */
function plotPath(context: CommandContext, { plot }: SimulationQuestion): string | undefined {
  if (plot === undefined) return undefined;
  if (!plot.endsWith('.svg')) {
    throw new CommandError(`--plot ${plot}: it is drawn as SVG; write FILE.svg`, exitCodes.usage);
  }
  const path = resolve(context.directory, plot);
  const directory = context.disk.stat(dirname(path));
  if (directory?.kind === 'directory') return path;
  throw new CommandError(`--plot ${plot}: there is no directory ${dirname(path)}`, exitCodes.usage);
}

function draw(context: CommandContext, path: string, { summary, plan, seeds, startMs }: ShownSimulation): void {
  if (summary === undefined) return;
  const what = plan.next.commit?.id.slice(0, 7) ?? 'the working tree';
  const from = minuteOf(new Date(startMs).toISOString());
  const heading = `${what}, ${seeds.length} simulated runs from ${from}`;
  const svg = new TextEncoder().encode(simulationPlot(summary, heading));
  writeFileDurably(context.disk, dirname(path), basename(path), svg);
}

export const simulateCommand: Command = {
  name: 'simulate',
  summary:
    'how the rollouts of a commit, or of the working tree, will probably go: when waves end, who is left, what it costs',
  arguments: '[REF]',
  options: { ...simulationOptions, ...settingsOption('cli', 'controller=https://HOST:7443') },
  async run(context, args): Promise<ExitCode> {
    const asked = simulationQuestion(args);
    const path = plotPath(context, asked);
    const shown = await simulated(context, asked);
    if (path !== undefined) draw(context, path, shown);
    context.stdout.write(render(context, shown));
    return exitCodes.ok;
  },
};
