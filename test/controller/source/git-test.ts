import { spawnSync } from 'node:child_process';
import test from 'ava';

const hasGit = spawnSync('git', ['--version']).status === 0;

/** A test that needs the git program; where it is not installed it is skipped. */
export const gitTest = hasGit ? test : test.skip;
