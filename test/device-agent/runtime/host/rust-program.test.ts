/** A program and a kernel of the Rust standard library on our system calls. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { compileRust, rustCompiler } from '../../../../bench/runtime/rust-compiler.ts';
import { runGuest } from './run-guest.ts';

const compiler = rustCompiler();
const rustTest = compiler === undefined ? test.serial.skip : test.serial;
const kernel = fileURLToPath(new URL('../../../../bench/runtime/kernels/records.rs', import.meta.url));

const source = `
include!("${kernel}");
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let config = std::fs::read_to_string("/config/config.json").unwrap();
    println!("{} {} {}", args[1], std::env::var("PORT").unwrap(), config);
    println!("{:?}", std::fs::read("/etc/passwd").map_err(|error| error.kind()));
    println!("{:?}", std::fs::write("/config/new", "x").is_err());
    std::thread::sleep(std::time::Duration::from_millis(5));
    println!("{}", run(3));
    let empty: Vec<u8> = Vec::new();
    println!("{}", empty[args.len()]);
}`;

rustTest('a Rust program reads its configuration, sleeps, computes, and where it panics it is a trap', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-rust-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'gauge.rs');
  writeFileSync(file, source);
  const { end, printed } = await runGuest(compileRust(file, compiler!, 'bin'), { args: ['gauge', 'fast'] });
  const said = printed.map((line) => line.replace(/^std(out|err):/, '')).join('');
  t.regex(said, /^fast Hamburg {"a":1}\nErr\((Uncategorized|PermissionDenied|NotFound)\)\ntrue\n359067\n/);
  t.regex(said, /index out of bounds: the len is 0 but the index is 2/);
  t.is(end?.kind, 'trapped');
});
