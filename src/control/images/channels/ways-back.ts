/**
 * The images that a channel came from, the newest first, out of all that it pointed to (`newestFirst`, the present one
 * among them). Whoever moves it back to an earlier image leaves what came after that one on purpose: those are no way
 * back, until they are promoted again.
 */
export function waysBack(newestFirst: readonly string[]): string[] {
  const path: string[] = [];
  for (const digest of newestFirst.toReversed()) {
    const at = path.indexOf(digest);
    if (at >= 0) path.length = at;
    path.push(digest);
  }
  return path.slice(0, -1).reverse();
}
