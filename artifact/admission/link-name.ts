/** Whether functions imported from that name may come from another module of the application: no interface of the host has such a name. */
export function isLinkName(module: string): boolean {
  return module !== 'env' && /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(module);
}
