/** Why something could not be brought, as far as it is not the network's fault. */
export type DownloadErrorCode =
  /** The server does not have it. */
  | 'ARTIFACT_MISSING'
  /** What came is not what was asked for: another length or digest, or a form that does not unpack to it. */
  | 'ARTIFACT_DAMAGED'
  /** The server answered with a status that means neither, or in a form that was not asked for. */
  | 'SERVER_REFUSED'
  /** The server does not take this device's certificate: another one will do. */
  | 'CERTIFICATE_REFUSED'
  /** The server can't now, by its status: it says nothing of what was asked for. */
  | 'SERVER_BUSY'
  /** Who is in between answers in place of the server, as a portal does until somebody pays or agrees. */
  | 'PORTAL'
  /** An answer, or a piece that an earlier one brought, is not of what was asked for: what came before it is kept. */
  | 'FOREIGN_ANSWER'
  /** The link has no budget left for modules, carries none in the form that is there, or not at this time: another link or time will do. */
  | 'LINK_BUDGET'
  | 'LINK_CARRIES'
  | 'LINK_WINDOW'
  /** A bundle can't be read, or is none. */
  | 'BUNDLE_UNREADABLE'
  | 'BUNDLE_NONE'
  /** It ends before its end, or holds something else than it says. */
  | 'BUNDLE_PARTIAL'
  | 'BUNDLE_DAMAGED'
  /** It has nothing for this device; its lease is over; or nobody signed that who may. */
  | 'BUNDLE_FOREIGN'
  | 'BUNDLE_STALE'
  | 'BUNDLE_UNTRUSTED'
  /** The disk has no room for it, even after everything unneeded was removed. */
  | 'DISK_FULL'
  /** The root metadata this device was born with is not there or is none. */
  | 'TRUST_ROOT_UNUSABLE'
  /** The key that signed the deployment is not one of those that may, by the newest metadata. */
  | 'DEPLOYMENT_REVOKED'
  /** The signed releases have no such release. */
  | 'RELEASE_UNSIGNED'
  /** The signed release has another digest or length than the deployment says. */
  | 'RELEASE_MISMATCH'
  /** An update has no delta that this device can use, and its deployment says that no module of it comes whole. */
  | 'WHOLE_MODULE_REFUSED'
  /** The same, and its deployment says that somebody on shore has to say yes first. */
  | 'WHOLE_MODULE_ASKED'
  /** The module is the signed one, and this device does not run such modules. */
  | 'MODULE_REFUSED';

/** What is the fault of the way to the server: what was kept stays, and the same is asked for again, never something larger. */
export function isOfTheWay(code: DownloadErrorCode): boolean {
  return code === 'PORTAL' || code === 'FOREIGN_ANSWER';
}

/** What is the deployment's own word on links: it says nothing of what was asked for, and everything of when. */
export function isOfTheTerms(code: DownloadErrorCode): boolean {
  return code === 'LINK_BUDGET' || code === 'LINK_CARRIES' || code === 'LINK_WINDOW';
}

export class DownloadError extends Error {
  readonly code: DownloadErrorCode;
  /** How long the server asks to be left alone, if it does. */
  readonly retryAfterMs: number | undefined;
  constructor(code: DownloadErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'DownloadError';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
