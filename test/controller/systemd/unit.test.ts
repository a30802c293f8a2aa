import { readFileSync } from 'node:fs';
import { assertNoFault, systemdTest } from '../../systemd-unit.ts';

const name = 'fleet-controller.service';
const unit = readFileSync(new URL(`../../../controller/systemd/${name}`, import.meta.url), 'utf8');

systemdTest('systemd finds no fault in the unit of the controller', (t) => {
  assertNoFault(t, { [name]: unit }, '/opt/fleet/fleet');
});
