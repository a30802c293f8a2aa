/** An S3 service of this test alone: Debian's OpenStack Swift over a scratch directory, on free ports of the loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SkipFn, TestFn } from 'ava';
import { S3mini } from 's3mini';

const program = fileURLToPath(new URL('swift-server.py', import.meta.url));

/** Without it the tests that need it are skipped, and say so. */
export const hasSwift = ['proxy', 'account', 'container', 'object'].every((server) =>
  existsSync(`/usr/bin/swift-${server}-server`),
);

/** `test` where Swift is installed. */
export function withSwift(test: TestFn): SkipFn | TestFn {
  return hasSwift ? test : test.skip;
}

export class TestBuckets {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(directory: string, process: ChildProcess, port: number) {
    this.#directory = directory;
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<TestBuckets> {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-swift-'));
    // The system's Python, which has Debian's packages.
    const process = spawn('/usr/bin/python3', [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(process.stdout!);
    const port = await new Promise<number>((resolve, reject) => {
      lines.once('line', (line) => resolve(Number(line)));
      process.once('exit', (code) => reject(new Error(`Swift ended with ${code} before it served`)));
    });
    return new TestBuckets(directory, process, port);
  }

  get place() {
    return {
      endpoint: `http://127.0.0.1:${this.port}`,
      region: 'us-east-1',
      accessKeyId: 'test:tester',
      secretAccessKey: 'testing',
    };
  }

  /** Another program's way to the bucket. */
  async make(bucket: string): Promise<S3mini> {
    const { endpoint, ...rest } = this.place;
    const s3 = new S3mini({ endpoint: `${endpoint}/${bucket}`, ...rest });
    await s3.createBucket();
    return s3;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
