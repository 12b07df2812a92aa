/**
 * Limits of the platform and the defaults that follow from them, each with its unit in its name and its source.
 * Nothing else in `src` writes such a number down.
 */

/** https://developers.google.com/apps-script/guides/services/quotas: "Script runtime 6 min / execution". */
export const EXECUTION_WALL_MS = 360_000;
/** No step starts later than this after the execution began, whatever `maxRuntimeMs` says. */
export const MAX_BUDGET_MS = 330_000;
/** A lease outlives its execution by 30 s, so that a live owner is never taken over while clocks agree to 30 s. */
export const LEASE_MS = 390_000;
/** The margin that clocks may differ by, and the fence before the deadline behind which an owner stops. */
export const LEASE_MARGIN_MS = 30_000;
/** The first step of an execution may start whatever it is known to last, up to this age of the execution. */
export const FIRST_STEP_GRACE_MS = 30_000;
/** A worker looks whether it was canceled at a step boundary when so long has passed since its last look. */
export const LOOK_EVERY_MS = 5_000;

/** "Properties value size 9 KB / val": kept below it, since it is not documented whether the key counts. */
export const MAX_VALUE_BYTES = 8_000;
/** A stored header is never longer, and can be rewritten with some bytes more. */
export const MAX_HEADER_BYTES = 9_000;
/** "Properties total storage 500 KB / property store", shared with the host's own settings. */
export const STORE_BYTES = 500 * 1024;
/** What jobs may use together of it. */
export const OWN_BYTES = 400 * 1024;
/** What is left to the host. */
export const HOST_BYTES = 50 * 1024;
/** Size of the key that is freed when a change of state must be written into a full store. */
export const BALLAST_BYTES = 8_000;

/** A plan up to this size travels inside the header, saving a write. */
export const INLINE_PLAN_BYTES = 3_000;
/** A plan as JSON text, however small it becomes: every execution that runs the job unpacks and parses it. */
export const MAX_UNPACKED_BYTES = 20_000_000;
/** A result up to this size travels inside the log or the header. */
export const INLINE_RESULT_BYTES = 3_000;
/** Pieces of one result: more than the store holds. */
export const MAX_RESULT_PIECES = 100;
/** The tail segment of a log is closed at this size, so that no commit rewrites more. */
export const SEGMENT_BYTES = 4_000;
/** Seals in the header; older ones move to pages. Each takes some 25 bytes. */
export const MAX_INLINE_SEALS = 64;
/** Recoveries that the header remembers. */
export const MAX_RECOVERIES = 8;
/** Suspects (units with kills) that the header remembers. */
export const MAX_SUSPECTS = 40;

/** Names, ids and counts that a request may have. */
export const MAX_NAME_CHARS = 200;
export const MAX_STEP_ID_CHARS = 100;
export const MAX_STEPS = 2_000;
export const MAX_ITEMS = 20_000;
export const MAX_CONCURRENCY = 1_000;
/** So many of the longest fit into the one value that holds them. */
export const MAX_PREFIXES = 70;
/** Up to so many items a record has a row for each; beyond, a row per node. */
export const MAX_ITEM_ROWS = 1_000;
/** Rows of `list` carry steps and results of jobs up to this many steps and items. */
export const MAX_LIST_DETAIL_UNITS = 100;

/** Finished jobs keep steps and results this long, and their header this long. */
export const FOLD_AFTER_MS = 7 * 24 * 3_600_000;
export const PURGE_AFTER_MS = 30 * 24 * 3_600_000;
/** Keys of a job without a header are swept when the job's id is older than this. */
export const ORPHAN_AFTER_MS = 3_600_000;
/** Deletes that one hold of the lock may make while it tidies up: 62 ms each. */
export const MAX_SWEEP_DELETES = 40;

/** How long a state change waits for the script lock. */
export const LOCK_WAIT_MS = 30_000;
/** How long it waits where there is another way if the lock is busy. */
export const SHORT_LOCK_WAIT_MS = 5_000;
/** "everyMinutes(n)" of the watchdog: 10 minutes cost 144 short executions a day. */
export const WATCHDOG_MINUTES = 10;
/** What `everyMinutes` takes. */
export const WATCHDOG_PERIODS: readonly number[] = [1, 5, 10, 15, 30];
/** A one-off trigger made inside a trigger run fires no sooner than this (reported for TriggerApp). */
export const MIN_WAKE_UP_MS = 60_000;
/** `enqueue` leaves this long to an explicit `resume` before the dispatcher takes the job. */
export const ENQUEUE_GRACE_MS = 60_000;
/** A one-off that is this late is taken for lost and made anew. Reported: 10 s to 90 s late, rarely more. */
export const WAKE_UP_LOST_MS = 3 * 60_000;

/** Jobs that one pass of the dispatcher may claim: a bound for its loop, far above what six minutes allow. */
export const MAX_CLAIMS_PER_PASS = 500;
/** Handler calls that one claim may make: a bound for its loop. */
export const MAX_CALLS_PER_CLAIM = 100_000;

/** Schema version of everything stored. */
export const SCHEMA = 1;
