import { printableDeep } from '../../platform/printable.ts';
import { type Command, cutWidth } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { fetchFleets } from '../fetch-status.ts';
import { finishedTable } from '../render/rollout-screen.ts';
import { styleFor } from '../render/style.ts';
import { fleetArgument, jsonOption, rolloutOf, wantsJson } from '../rollout-target.ts';
import { settingsOption } from '../settings.ts';

export const rolloutHistoryCommand: Command = {
  name: 'rollout history',
  summary: 'the rollouts of a fleet that are over, newest first',
  arguments: 'FLEET',
  options: {
    output: jsonOption('a list, each what is FinishedRolloutStatus'),
    ...settingsOption('cli', 'controller=https://HOST:7443'),
  },
  async run(context, { positionals, values }) {
    const name = fleetArgument('rollout history', positionals);
    const isJson = wantsJson(values);
    const status = await fetchFleets(context, { target: `fleet/${name}` });
    const { finished = [] } = rolloutOf(status, name).rollout;
    const { stdout } = context;
    if (isJson) stdout.write(`${JSON.stringify(finished, undefined, 2)}\n`);
    else if (finished.length === 0) stdout.write(`no rollout of fleet ${name} is over yet\n`);
    else {
      const options = { style: styleFor(context.color), columns: cutWidth(stdout), bars: false, asOf: status.asOf };
      stdout.write(finishedTable(printableDeep(finished), options));
    }
    return exitCodes.ok;
  },
};
