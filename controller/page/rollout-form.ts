/** What may be done to a rollout: each with who does it and why, for the record; what can't be done says why not. */
import { useState } from 'preact/hooks';
import type { RolloutStatus } from '../../schemas/generated/types.ts';
import { AskFault, act } from './api.ts';
import { tab } from './browser.ts';
import { html } from './html.ts';
import { refreshAll } from './model.ts';
import { actionsOf, type RolloutAction, waveToApprove } from './rollout-actions.ts';

interface OfRollout {
  readonly fleet: string;
  readonly rollout: RolloutStatus;
}

const whoKey = 'fleet-who';

function Form({ fleet, rollout, action, onEnd }: OfRollout & { action: RolloutAction; onEnd: () => void }) {
  const [fault, setFault] = useState<string>();
  const [isDoing, setDoing] = useState(false);
  const wave = action.act === 'approve' ? waveToApprove(rollout) : undefined;
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const said = new FormData(event.target as HTMLFormElement);
    const who = String(said.get('who')).trim();
    tab.set(whoKey, who);
    setDoing(true);
    try {
      const asked = { fleet, act: action.act, number: rollout.number, who, why: String(said.get('why')).trim() };
      await act({ ...asked, ...(wave !== undefined && { wave }), ...(action.revert && { revert: true }) });
      refreshAll();
      onEnd();
    } catch (error) {
      if (!(error instanceof AskFault)) throw error;
      setFault(error.message);
      setDoing(false);
    }
  };
  return html`<form class="act" onSubmit=${submit}>
    <p><b>${action.label}${wave === undefined ? '' : ` ${wave}`}</b></p>
    <label>Who <input name="who" required maxlength="100" value=${tab.get(whoKey) ?? ''} autocomplete="name" /></label>
    <label class="grow">Why <input name="why" maxlength="400" autocomplete="off" /></label>
    <button type="submit" class="primary" disabled=${isDoing}>${action.label}</button>
    <button type="button" onClick=${onEnd}>Leave it</button>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
  </form>`;
}

/** The buttons, and the form of the one that was pressed. */
export function Actions({ fleet, rollout }: OfRollout) {
  const [label, setLabel] = useState<string>();
  const all = actionsOf(rollout);
  const pressed = all.find((action) => action.label === label && action.disabledReason === undefined);
  const buttons = all.map(
    (
      action,
    ) => html`<button key=${action.label} type="button" aria-disabled=${action.disabledReason !== undefined} title=${action.disabledReason}
      aria-pressed=${action.label === label} onClick=${() => action.disabledReason === undefined && setLabel(action.label)}>
      ${action.label}${action.disabledReason && html`<small>${action.disabledReason}</small>`}</button>`,
  );
  return html`<section><h2>What can be done</h2><div class="actions">${buttons}</div>
    ${pressed && html`<${Form} key=${pressed.label} fleet=${fleet} rollout=${rollout} action=${pressed} onEnd=${() => setLabel(undefined)} />`}</section>`;
}
