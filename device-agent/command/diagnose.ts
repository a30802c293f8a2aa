import { type DiagnosisPorts, diagnose } from '../diagnosis/diagnosis.ts';

/** `fleet agent diagnose`: what there is to see of the agent of a state directory, as JSON for whoever helps. */
export function diagnosisText(ports: DiagnosisPorts, stateDirectory: string, isRunning: boolean): string {
  return `${JSON.stringify(diagnose(ports, stateDirectory, isRunning), undefined, 2)}\n`;
}
