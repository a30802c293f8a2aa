/**
 * Real processes over a real database, and a real bucket where there is one: while some hundred deployments are issued (1,000 in a hunt) the controller that leads is killed, stopped, and cut off,
 * and the other one takes over. The database notes every write of a device, and says afterwards what happened.
 */
import anyTest, { type ExecutionContext } from 'ava';
import { hasPostgres, withPostgres } from '../controller/state/postgres/test-database.ts';
import { isHunt } from '../hunt.ts';
import { ControllerPair, type PairedController } from './controller-pair.ts';
import { eventually } from './processes.ts';

const test = withPostgres(anyTest);
const devices = isHunt ? 1_000 : 300;
const generousMs = 60_000;

/** Slow enough for a leader to be met in the middle of a commit. */
const audit = `
  CREATE TABLE audit (n bigserial, device text, sequence integer, revision text, envelope text, epoch bigint);
  CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN
    INSERT INTO audit (device, sequence, revision, envelope, epoch)
      SELECT NEW.key, (deployment ->> 'sequence')::integer, deployment ->> 'revision', NEW.value, fleet_lease.epoch
      FROM fleet_lease, LATERAL (SELECT (NEW.value::json #>> '{}')::json ->> 'payload' AS payload) AS envelope,
        LATERAL (SELECT convert_from(decode(payload, 'base64'), 'utf8')::json AS deployment) AS signed;
    PERFORM pg_sleep(0.006);
    RETURN NEW;
  END $$ LANGUAGE plpgsql;
  CREATE TRIGGER note AFTER INSERT OR UPDATE ON fleet_documents FOR EACH ROW WHEN (NEW.room = 'envelope') EXECUTE FUNCTION note()`;

/** How many devices were issued a revision and nothing since. */
async function issuedOf(pair: ControllerPair, revision: string): Promise<number> {
  const [row] = await pair.ask(`SELECT count(*)::integer AS devices FROM fleet_rows
    WHERE room = 'device' AND (value::json -> 'issued' ->> 'terms')::json ->> 'revision' = '${revision}'`);
  return Number(row!.devices);
}

function allIssued(pair: ControllerPair, revision: string): Promise<true> {
  const look = async () => (await issuedOf(pair, revision)) === devices || undefined;
  return eventually('all to be issued', generousMs, look);
}

/** What must not be: one sequence with two contents, a sequence or an epoch that goes back, a device that lacks one. */
async function faultsOf(pair: ControllerPair): Promise<readonly unknown[]> {
  const twice = await pair.ask(
    'SELECT device, sequence FROM audit GROUP BY device, sequence HAVING count(DISTINCT envelope) > 1',
  );
  const back = await pair.ask(`SELECT * FROM (SELECT device, sequence, epoch, lag(sequence) OVER own AS sequence_before,
      max(epoch) OVER (ORDER BY n) AS epoch_before FROM audit WINDOW own AS (PARTITION BY device ORDER BY n)) AS rows
    WHERE sequence < sequence_before OR sequence > sequence_before + 1 OR epoch < epoch_before`);
  return [...twice, ...back];
}

interface Fall {
  readonly word: string;
  /** Makes the leader fall; it may not lead any more. */
  readonly strike: (leader: PairedController) => void;
  /** When the other one leads and has issued everything: what becomes of it. */
  readonly after: (t: ExecutionContext, fallen: PairedController) => Promise<void>;
}

/** Ends by itself, says why, and wrote nothing more. */
async function endsForLostLease(t: ExecutionContext, fallen: PairedController): Promise<void> {
  t.is(await fallen.ended(), 1);
  t.regex(fallen.output, /the lease of .* is lost/);
}

const falls: readonly Fall[] = [
  {
    word: 'killed',
    strike: (leader) => leader.signal('SIGKILL'),
    async after(t, fallen) {
      t.is(await fallen.ended(), null, fallen.output);
    },
  },
  {
    word: 'stopped',
    strike: (leader) => leader.signal('SIGSTOP'),
    async after(t, fallen) {
      fallen.signal('SIGCONT');
      await endsForLostLease(t, fallen);
    },
  },
  {
    word: 'cut off',
    strike: (leader) => leader.way.cut(),
    async after(t, fallen) {
      await endsForLostLease(t, fallen);
      fallen.way.mend();
    },
  },
];

let pair: ControllerPair;

anyTest.before(async () => {
  if (hasPostgres) pair = await ControllerPair.make(devices);
});
anyTest.after.always(() => pair?.stop());

test('a leader that is killed, stopped or cut off amid what is issued is followed by the other: no sequence twice, nothing lost', async (t) => {
  t.timeout(300_000);
  let [leader, other] = pair.controllers as [PairedController, PairedController];
  const first = await pair.commit(10);
  leader.start();
  await leader.leads();
  await allIssued(pair, first);
  await pair.ask(audit);
  other.start();
  await other.leads(false);
  t.is(await other.health(), 200);
  for (const [round, { word, strike, after }] of falls.entries()) {
    const revision = await pair.commit(20 + round);
    await eventually(
      `the middle of ${word}`,
      generousMs,
      async () => (await issuedOf(pair, revision)) > 0 || undefined,
    );
    strike(leader);
    const struckAt = performance.now();
    t.true((await issuedOf(pair, revision)) < devices, 'it was met in the middle');
    await other.leads();
    t.log(`${word}: the other one leads after ${((performance.now() - struckAt) / 1000).toFixed(1)} s`);
    await allIssued(pair, revision);
    await after(t, leader);
    t.deepEqual(await faultsOf(pair), [], word);
    const [noted] = await pair.ask('SELECT count(DISTINCT device)::integer AS devices FROM audit');
    t.is(noted?.devices, devices, 'the database noted what was issued');
    leader.start();
    await leader.leads(false);
    [leader, other] = [other, leader];
  }
  const rows = await pair.ask(
    `SELECT DISTINCT value::json -> 'issued' ->> 'sequence' AS sequence FROM fleet_rows WHERE room = 'device'`,
  );
  t.deepEqual(rows, [{ sequence: String(1 + falls.length) }], 'every device was issued every revision');
  leader.signal('SIGTERM');
  t.is(await leader.ended(), 0);
  await other.leads();
});
