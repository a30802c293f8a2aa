/**
 * The controller as a program: wires the rooms to this machine and runs until SIGTERM or SIGINT, or until the program
 * that started it is gone. `--config FILE` names the configuration, and every key of its section is a flag.
 */
import * as fs from 'node:fs';
import * as http from 'isomorphic-git/http/node';
import { schedule } from 'node-cron';
import { writeFileDurably } from '../platform/durable-file.ts';
import { nodeClock } from '../platform/node/clock.ts';
import { ConfigurationError, loadConfiguration } from '../platform/node/configuration.ts';
import { nodeDisk } from '../platform/node/disk.ts';
import { startHttpServer } from '../platform/node/http-server.ts';
import { openLog } from '../platform/node/log.ts';
import { parseProgramArguments } from '../platform/node/program-arguments.ts';
import { nodeRandom } from '../platform/node/random.ts';
