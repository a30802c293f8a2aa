/** What is linked to an application, by the names that it imports from: `codec log/1.1.0, table index/2.0.0`. */
export function linkWords(links: Readonly<Record<string, string>>): string {
  return Object.entries(links)
    .map(([link, release]) => `${link} ${release}`)
    .join(', ');
}
