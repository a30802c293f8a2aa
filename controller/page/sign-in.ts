/** Asks for the token that the controller is asked with. */
import { signIn, signInFault } from './api.ts';
import { html } from './html.ts';

function submit(event: SubmitEvent): void {
  event.preventDefault();
  const said = String(new FormData(event.target as HTMLFormElement).get('token')).trim();
  if (said !== '') signIn(said);
}

/** The form. */
export function SignIn() {
  return html`<main class="sign-in"><h1>Fleet</h1>
    <form onSubmit=${submit}>
      <label>API token <input name="token" type="password" required autocomplete="current-password" autofocus /></label>
      <button type="submit" class="primary">Sign in</button>
    </form>
    ${signInFault.value && html`<p class="fault" role="alert">${signInFault.value}</p>`}
    <p class="dim">The controller keeps it in the file <code>api-token</code> of its state directory. This tab forgets it when it is closed.</p>
  </main>`;
}
