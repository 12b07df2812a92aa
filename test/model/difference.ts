/** What the model and the library do not agree about. */

export interface Difference {
  readonly what: string;
  readonly model: unknown;
  readonly library: unknown;
}

/** Ends a sequence with a difference. */
export function differ(what: string, model: unknown, library: unknown): never {
  throw Object.assign(new Error(what), {name: 'Difference', difference: {what, model, library}});
}

/** The difference that was thrown; anything else is thrown again. */
export function differenceOf(thrown: unknown): Difference {
  const {name, difference} = thrown as {name?: string; difference?: Difference};
  if (name !== 'Difference' || difference === undefined) throw thrown;
  return difference;
}

/** Ends the sequence unless both are the same JSON; tells the innermost place where they are not. */
export function expectSame(what: string, model: unknown, library: unknown): void {
  if (isSame(model, library)) return;
  if (!isPlain(model) || !isPlain(library) || Array.isArray(model) !== Array.isArray(library))
    return differ(what, model, library);
  for (const key of new Set([...Object.keys(model), ...Object.keys(library)]))
    expectSame(`${what} › ${key}`, model[key], library[key]);
}

/** Whether both would be the same JSON, which is the most frequent question of all. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isPlain(one) || !isPlain(other)) return canonical(one) === canonical(other);
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  // What is undefined is left out of objects, and `null` in lists.
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => isSame(value ?? null, other[index] ?? null));
  return (
    Object.keys(one).every((key) => isSame(one[key], other[key])) &&
    Object.keys(other).every((key) => one[key] !== undefined || other[key] === undefined)
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** JSON text with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
