import { writeWorkFile } from '../../controller/publishing/authoring/work-tree.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { makeExampleFleet } from '../example-fleet.ts';
import { exitCodes } from '../exit-codes.ts';

/** A configuration with which the controller works from the repository's own directory, and says to the CLI where it is. */
const configuration = `# What the controller that is run here goes by; see schemas/configuration.schema.json of fleet.
controller:
  stateDirectory: .fleet/state
  keys: .fleet/keys/online
  source:
    url: .
`;

const readme = `# A fleet

- \`applications/\`, \`fleets/\`, \`sites/\`, \`devices/\`: what runs where. \`fleet validate\` checks, \`fleet plan\` tells what a commit will change.
- \`trust/\`, \`releases/\`: signed metadata and modules, written by \`fleet release add\`.
- \`.fleet/\`: private keys and local state; git ignores it. Move \`.fleet/keys/offline\` to a safe place.

\`\`\`sh
fleet controller run                 # follows this repository
fleet agent enroll --device bench …  # on the device; commit the fingerprint it prints
fleet status
fleet rollout list                   # how far the newest commit is, wave by wave
\`\`\`
`;

function exampleNamed({ disk, projectDirectory }: CommandContext, name: string): string {
  const directory = `${projectDirectory}/fleet-examples`;
  const examples = disk
    .list(directory)
    .filter((one) => disk.stat(`${directory}/${one}/fleets`) !== undefined)
    .sort();
  if (examples.includes(name)) return name;
  throw new CommandError(`there is no example ${name}; there are ${examples.join(', ')}`, exitCodes.usage);
}

export const initCommand: Command = {
  name: 'init',
  summary: 'make a new fleet repository that validates and can be committed at once',
  arguments: 'DIR',
  options: {
    example: {
      type: 'string',
      value: 'NAME',
      description: 'What it begins as: one of fleet-examples, starter unless given.',
    },
  },
  async run(context, { positionals, values }) {
    const [given, ...rest] = positionals;
    if (given === undefined || rest.length > 0) throw new CommandError('init takes one directory', exitCodes.usage);
    const directory = given.startsWith('/') ? given : `${context.directory}/${given}`;
    const example = exampleNamed(context, values.example ?? 'starter');
    const tree = makeExampleFleet(context, example, directory.replace(/\/+$/, ''));
    const encoder = new TextEncoder();
    writeWorkFile(tree, 'fleet.config.yaml', encoder.encode(configuration));
    writeWorkFile(tree, 'README.md', encoder.encode(readme));
    context.stdout.write(`made a fleet in ${given} as ${example} has it, keys in .fleet/keys (git ignores them)

  cd ${given} && git init -b main && git add . && git commit -m "A fleet"
  fleet validate
  fleet controller run
`);
    return exitCodes.ok;
  },
};
