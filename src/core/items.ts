/**
 * Where the items of a map step come from. Items are asked for one at a time, so that a source needs to hold no more than
 * what it is made of: a list is parsed when its first item is asked for, a range holds a number.
 */

/** What every source has. */
interface Source {
  /** How many items there are. */
  readonly count: number;
  /** An item, from 0; not a copy. */
  at(index: number): unknown;
}

/** Items that came with the request. */
export interface ListItems extends Source {
  readonly kind: 'list';
  /** All of them; throws where their stored text is damaged. */
  all(): readonly unknown[];
}

/** The numbers from 0 on. */
export interface RangeItems extends Source {
  readonly kind: 'range';
}

/** Items that a handler of the host fetches page by page; they are never stored, and `count` is how many there may be. */
export interface PagedItems extends Source {
  readonly kind: 'pages';
}

export type ItemSource = ListItems | RangeItems | PagedItems;

/** A list that is at hand. */
export function listOf(values: readonly unknown[]): ListItems {
  return storedList(values.length, () => values);
}

/** A list that is made when its first item is asked for, and then kept. */
export function storedList(count: number, make: () => readonly unknown[]): ListItems {
  let made: readonly unknown[] | null = null;
  const all = (): readonly unknown[] => (made ??= make());
  return {kind: 'list', count, at: (index) => all()[index], all};
}

/** Item k is the number k. */
export function rangeOf(count: number): RangeItems {
  return {kind: 'range', count, at: (index) => index};
}

/** Items that are known only to who has fetched their page. */
export function pagesOf(capacity: number): PagedItems {
  return {kind: 'pages', count: capacity, at: () => null};
}
