/** What went wrong; the deployment it is about and the time are added when it is remembered. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly sequence?: number;
}
