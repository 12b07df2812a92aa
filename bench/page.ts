/** Parts of a page of the docs that a command writes: what stands between two marks. */

/** The page with the part of that name replaced; the marks stay. */
export function withPart(page: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Expected ${begin} and ${end} in the page, got none.`);
  return `${page.slice(0, from + begin.length)}\n\n${part.trim()}\n\n${page.slice(to)}`;
}
