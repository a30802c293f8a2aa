/** The rooms: who may import whom, and which packages, with the reason. `architecture.test.ts` holds the tree to it. */

/** A part of the tree, and what it may use. */
export interface Room {
  /** A file, or a folder with all below it that no longer entry of the table covers. */
  readonly path: string;
  /** Rooms of ours it may import besides itself. */
  readonly imports: readonly string[];
  /** Packages and builtins it may import besides those that only compute. */
  readonly packages: readonly string[];
  readonly reason: string;
}

/** Builtins that compute and touch nothing outside; free to all. */
export const computing = [
  'node:crypto',
  'node:zlib',
  'node:stream',
  'node:buffer',
  'node:path',
  'node:path/posix',
  'node:util',
  'node:url',
];

/** All rooms; the longest path that covers a file is the one it lives in. */
export const rooms: readonly Room[] = [
  { path: 'schemas', imports: [], packages: ['ajv'], reason: 'the contract stands on nothing' },
  {
    path: 'schemas/generate.ts',
    imports: ['schemas'],
    packages: ['node:fs', 'ajv', 'json-schema-to-typescript'],
    reason: 'run by hand, never by a program',
  },
  {
    path: 'artifact',
    imports: ['schemas'],
    packages: ['@tufjs/models', '@tufjs/canonical-json'],
    reason: 'pure, bytes to bytes: runs the same on device, shore and in the simulation',
  },
  {
    path: 'artifact/fuel',
    imports: ['artifact/wasm'],
    packages: [],
    reason: 'pure, module to module: knows the format and nothing of who signed or who runs it',
  },
  {
    path: 'artifact/linking',
    imports: ['artifact/wasm', 'artifact/fuel', 'artifact/admission', 'artifact/snapshot'],
    packages: [],
    reason: 'pure, modules to a module: what stands between two is written and judged alike on shore and device',
  },
  {
    path: 'artifact/snapshot',
    imports: ['schemas', 'artifact/wasm'],
    packages: [],
    reason: 'pure: the state of an instance as a file, which knows nothing of who runs it',
  },
  { path: 'platform', imports: [], packages: [], reason: 'ports know nothing of who uses them' },
  {
    path: 'platform/node',
    imports: ['platform', 'schemas'],
    packages: ['node:*', 'cosmiconfig', 'yaml', 'isomorphic-git'],
    reason: 'the only real I/O of the shared kind',
  },
  {
    path: 'controller/source',
    imports: ['platform', 'schemas'],
    packages: ['isomorphic-git', 'ignore'],
    reason: 'git in, revisions out',
  },
  {
    path: 'controller/source/engine-thread.ts',
    imports: ['platform', 'platform/node', 'controller/source'],
    packages: ['node:*'],
    reason: 'wiring of the thread that fetches, started by path',
  },
  {
    path: 'controller/manifests',
    imports: ['schemas'],
    packages: ['js-yaml', 'yaml', 'ajv', 'croner', 'node:module'],
    reason: 'pure: files to desired fleet; what tells places in wrong files is loaded when there is one',
  },
  {
    path: 'controller/expiry',
    imports: ['schemas', 'platform'],
    packages: [],
    reason: 'what ends by itself, in words: rooms that know an end hand it in',
  },
  {
    path: 'controller/planning',
    imports: ['schemas', 'controller/manifests'],
    packages: [],
    reason: 'pure: the same planner in a pull request, the controller and the simulation',
  },
  {
    path: 'controller/publishing',
    imports: ['schemas', 'artifact', 'platform', 'controller/expiry', 'controller/manifests'],
    packages: ['@tufjs/models', '@tufjs/canonical-json'],
    reason: 'releases and metadata to plain files',
  },
  {
    path: 'controller/publishing/bucket',
    imports: ['schemas', 'platform', 'controller/publishing'],
    packages: ['s3mini'],
    reason: 'the only room that knows S3; its exchanges are made by the Network port, in time by the Clock port',
  },
  {
    path: 'controller/publishing/delta-thread.ts',
    imports: ['artifact', 'platform', 'controller/publishing'],
    packages: ['node:worker_threads'],
    reason: 'a thread of its own, started by path',
  },
  {
    path: 'controller/state',
    imports: ['platform'],
    packages: [],
    reason: 'rows by room and key, and who may write them; knows nothing of what they say',
  },
  {
    path: 'controller/state/sqlite',
    imports: ['platform', 'controller/state'],
    packages: ['node:sqlite'],
    reason: 'the only room that knows this database',
  },
  {
    path: 'controller/state/postgres',
    imports: ['platform', 'controller/state'],
    packages: ['pg'],
    reason: "the only room that knows this database; its times are the database's, its timers the Clock port's",
  },
  {
    path: 'controller/shadow',
    imports: ['schemas'],
    packages: [],
    reason: 'pure: the shadow protocol as a function',
  },
  {
    path: 'controller/engine',
    imports: [
      'schemas',
      'platform',
      'controller/manifests',
      'controller/planning',
      'controller/shadow',
      'controller/state',
    ],
    packages: [],
    reason: 'decides, commits, then acts through what it was handed; knows no door, no git, no artifact',
  },
  {
    path: 'controller/messages',
    imports: ['schemas', 'platform', 'controller/engine'],
    packages: [],
    reason: 'what devices say and where it comes out: over what it came, and what is remembered of it, is handed in',
  },
  {
    path: 'controller/view',
    imports: [
      'schemas',
      'platform',
      'controller/engine',
      'controller/expiry',
      'controller/manifests',
      'controller/planning',
    ],
    packages: [],
    reason: 'reads what the engine remembers and changes none of it',
  },
  {
    path: 'controller/following',
    imports: [
      'schemas',
      'platform',
      'controller/source',
      'controller/manifests',
      'controller/publishing',
      'controller/state',
    ],
    packages: [],
    reason: 'from the branch to a judged revision; who remembers it is handed in',
  },
  {
    path: 'controller/authority',
    imports: ['schemas', 'platform', 'controller/expiry', 'controller/manifests'],
    packages: ['@peculiar/x509', 'reflect-metadata', 'node:net'],
    reason: 'the only room that makes certificates; of the network it knows what an address is',
  },
  {
    path: 'controller/doors',
    imports: ['schemas', 'platform', 'controller/authority'],
    packages: [],
    reason: 'bounds and judges what comes from outside, and decides nothing about devices',
  },
  {
    path: 'controller/doors/mqtt',
    imports: ['schemas', 'platform', 'controller/authority', 'controller/doors', 'controller/shadow'],
    packages: ['aedes', 'mqtt', 'node:net', 'node:tls'],
    reason: 'the only room of the shore that knows MQTT',
  },
  {
    path: 'controller/doors/http',
    imports: ['schemas', 'platform', 'controller/authority', 'controller/doors', 'controller/view'],
    packages: [],
    reason: 'the API; what it tells comes from the view',
  },
  {
    path: 'controller/controller.ts',
    imports: ['schemas', 'platform', 'controller'],
    packages: [],
    reason: 'puts the rooms together, without doors',
  },
  {
    path: 'controller/state-directory.ts',
    imports: ['platform'],
    packages: [],
    reason: 'names files, touches them only through the Disk port',
  },
  {
    path: 'controller/announcement.ts',
    imports: ['schemas', 'platform'],
    packages: [],
    reason: 'a small file for the command line, through the Disk port',
  },
  {
    path: 'controller/node-flags.ts',
    imports: [],
    packages: [],
    reason: 'how whoever starts a controller starts it',
  },
  {
    path: 'controller/wiring',
    imports: ['schemas', 'platform', 'platform/node', 'controller'],
    packages: ['node:*'],
    reason: 'wiring, room by room',
  },
  {
    path: 'controller/main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'controller'],
    packages: ['node:*', 'node-cron'],
    reason: 'wiring',
  },
  {
    path: 'device-agent',
    imports: ['schemas', 'artifact', 'platform'],
    packages: [],
    reason: 'acts only through ports',
  },
  {
    path: 'device-agent/outbox',
    imports: ['schemas', 'platform'],
    packages: [],
    reason: 'files on flash and what is sent of them: knows neither who writes nor over what it travels',
  },
  {
    path: 'device-agent/outbox/files',
    imports: ['platform'],
    packages: [],
    reason: 'what an app host writes by itself: nothing of the supervisor',
  },
  {
    path: 'device-agent/transport',
    imports: ['schemas', 'platform'],
    packages: ['aws-crt', 'aws-iot-device-sdk-v2'],
    reason: 'the only room of the agent that knows MQTT',
  },
  {
    path: 'device-agent/courier/main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent'],
    packages: ['node:*'],
    reason: 'wiring of the process that fetches',
  },
  {
    path: 'device-agent/runtime/prepare/main.ts',
    imports: ['schemas', 'artifact', 'platform', 'platform/node', 'device-agent/runtime'],
    packages: ['node:*'],
    reason: 'wiring of the process that makes modules ready to run',
  },
  {
    path: 'device-agent/runtime/host',
    imports: ['schemas', 'artifact', 'platform', 'device-agent/runtime', 'device-agent/outbox/files'],
    packages: [],
    reason: 'a process of its own: many applications on one thread, and nothing of the supervisor',
  },
  {
    path: 'device-agent/runtime/host/events/cron.ts',
    imports: ['device-agent/runtime'],
    packages: ['croner'],
    reason: 'the one file of the device that knows the library of schedules, loaded where there is one',
  },
  {
    path: 'device-agent/runtime/host/main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent/runtime', 'device-agent/outbox/files'],
    packages: ['node:*'],
    reason: 'wiring of the app host',
  },
  {
    path: 'device-agent/runtime/http/main.ts',
    imports: ['platform', 'platform/node', 'device-agent/runtime'],
    packages: ['node:*'],
    reason: 'wiring of the process that takes requests for applications',
  },
  {
    path: 'device-agent/runtime/run/main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent/runtime'],
    packages: ['node:*'],
    reason: 'wiring of the process in which fleet run runs a program',
  },
  {
    path: 'device-agent/runtime/run/application-main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent/runtime'],
    packages: ['node:*'],
    reason: 'wiring of the process in which fleet run runs an application',
  },
  {
    path: 'device-agent/command/main.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent'],
    packages: ['node:*'],
    reason: 'wiring of what a person does at a device',
  },
  {
    path: 'device-agent/command/configuration.ts',
    imports: ['schemas', 'platform', 'platform/node'],
    packages: [],
    reason: 'a program of its own in the bundle, loaded when the agent starts and gone afterwards',
  },
  {
    path: 'device-agent/bundle.ts',
    imports: [],
    packages: ['esbuild', 'aws-crt', 'node:*'],
    reason: 'makes the bundle where the project is checked out; never runs on a device',
  },
  {
    path: 'device-agent/main.ts',
    imports: ['schemas', 'device-agent', 'platform/node/process-limits.ts'],
    packages: ['node:*'],
    reason: 'looks whether there is room, finds the configuration, then becomes the supervisor',
  },
  {
    path: 'device-agent/supervisor.ts',
    imports: ['schemas', 'platform', 'platform/node', 'device-agent'],
    packages: ['node:*'],
    reason: 'wiring of the process that stays',
  },
  {
    path: 'cli',
    imports: [
      'schemas',
      'artifact',
      'platform',
      'controller/following/judged-file.ts',
      'controller/following/revision-tree.ts',
      'controller/manifests',
      'controller/planning',
      'controller/publishing',
      'controller/source',
      'controller/announcement.ts',
      'device-agent/command',
      'device-agent/allocator-settings.ts',
      'device-agent/bundle.ts',
      'controller/node-flags.ts',
      'device-agent/node-flags.ts',
      'device-agent/state-layout.ts',
      'device-agent/enrol-identity.ts',
      'device-agent/runtime/run/request.ts',
      'device-agent/runtime/run/application-request.ts',
    ],
    packages: ['yaml'],
    reason: 'fleet plan runs the very planner, fleet release the very publisher, fleet agent the very agent',
  },
  {
    path: 'cli/main.ts',
    imports: ['cli', 'schemas', 'platform', 'platform/node', 'device-agent/bundle.ts'],
    packages: ['node:*'],
    reason: 'wiring',
  },
];
