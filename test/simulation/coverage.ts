/** What a run of many worlds has covered: how often each fault met each kind of service call. */

/** Faults that may meet any call of these kinds: the ones that the library makes in its ordinary work. */
const CALLS: readonly string[] = [
  'properties.getProperty',
  'properties.getProperties',
  'properties.setProperty',
  'properties.deleteProperty',
  'lock.tryLock',
  'lock.releaseLock',
  'triggers.getProjectTriggers',
  'triggers.create',
  'triggers.deleteTrigger',
];
const FAULTS: readonly string[] = [
  'kill before',
  'kill after',
  'stall before',
  'stall after',
  'error before',
  'error after',
  'jump',
];
/** Faults with places of their own: a write without the lock lands late; the handler's sleeps are stalled and killed in. */
const OTHERS: readonly string[] = [
  ...['late properties.setProperty', 'kill before utilities.sleep', 'kill after utilities.sleep'],
  ...['stall before utilities.sleep', 'stall after utilities.sleep', 'jump utilities.sleep'],
  ...['firing lost', 'firing double', 'firing late', 'born disabled', 'clock off'],
  ...['quota of the day', 'store full', 'too many triggers'],
  // What there is only with several workers, groups of items and steps that know where they are.
  ...['one of several workers killed', 'several workers at once', 'stale owner of one part'],
  ...['a part taken over while another worker runs', "a worker's trigger lost", 'kill in a marked group'],
  // Pages, the archive, a small day.
  ...['a page fetched', 'a page fetched again', 'a page fails', 'results in the archive', 'a text deleted'],
  ...['a value put away', 'a job waits for the quota'],
  ...['kill before', 'kill after', 'error before', 'error after'].map((fault) => `${fault} drive.createFile`),
  // Jobs that know of each other, and what people do with single ones.
  ...['a child starts', 'a child ends with its parent', 'a batch accepted', 'a job of a key', 'a job adopted'],
  ...['a singleton starts after another', 'a job removed', 'a running job halted', 'a job out of time'],
  ...['a job paused for a user'],
  // Schedules, limits, listeners, letters, logs.
  ...['a schedule fires', 'a schedule fired by hand', 'a schedule paused', 'a schedule goes on', 'a schedule deleted'],
  ...['several times due at once', 'a time let go', 'a time owed', 'a firing noted by another execution'],
  ...['units reserved', 'units given back', 'a limit used up'],
  ...['an event told', 'an event told by another execution', 'an event told again', 'a mail sent'],
  ...['a job put aside', 'a dead letter replayed', 'a whole log', 'a workflow told'],
  ...['a walk goes on', 'a walk goes back to its save', 'kill behind a saved cursor'],
];

/** What a whole run has to reach. */
export const WHOLE_RUN_WORLDS = 20_000;
const LEAST_EACH = 100;
const LEAST_TAKE_OVERS = 0.3;

/** Every fault that has to happen. */
export const CELLS: readonly string[] = [
  ...CALLS.flatMap((call) => FAULTS.map((fault) => `${fault} ${call}`)),
  ...OTHERS,
];

/** What is missing, in words. Shorter runs have to reach their share, as far as chance lets them. */
export function gaps(counts: ReadonlyMap<string, number>, worlds: number, takeOvers: number): readonly string[] {
  const share = Math.min(1, worlds / WHOLE_RUN_WORLDS);
  // Below a twentieth of a whole run, chance alone leaves cells empty.
  if (share < 0.05) return [];
  const least = Math.floor(LEAST_EACH * share);
  const missing = CELLS.filter((cell) => (counts.get(cell) ?? 0) < least).map(
    (cell) => `coverage: ${cell} happened ${counts.get(cell) ?? 0} times, not ${least}`,
  );
  if (takeOvers < LEAST_TAKE_OVERS * worlds)
    missing.push(`coverage: ${takeOvers} of ${worlds} worlds had a take-over while the old owner lived, not 30 %`);
  return missing;
}

/** The rarest of the cells. */
export function rarest(counts: ReadonlyMap<string, number>): string {
  const [cell, count] = CELLS.map((one) => [one, counts.get(one) ?? 0] as const).reduce((a, b) =>
    b[1] < a[1] ? b : a,
  );
  return `${CELLS.length} kinds of fault, the rarest ${count} times (${cell})`;
}
