/**
 * Limits of the platform, and the limits and defaults that follow from them, each with its unit in its name and its
 * source. What a single field of a request may be stands where that field is read.
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
/** What jobs may use together of it, unless the configuration says otherwise. */
export const OWN_BYTES = 400 * 1024;
/** What the configuration may say. */
export const OWN_BYTES_RANGE = [50_000, 450_000] as const;
/** What is left to the host. */
export const HOST_BYTES = 50 * 1024;
/** Size of the key that is freed when a change of state must be written into a full store. */
export const BALLAST_BYTES = 8_000;

/** A plan up to this size travels inside the header, saving a write. */
export const INLINE_PLAN_BYTES = 3_000;
/** A plan as JSON text, however small it becomes: every execution that runs the job unpacks and parses it. */
export const MAX_UNPACKED_BYTES = 20_000_000;
/** Terms of a job in its header; they take their room from an inline plan. */
export const MAX_TERMS_BYTES = 2_000;
/** A result up to this size travels inside the log or the header. */
export const INLINE_RESULT_BYTES = 3_000;
/** Results that are committed together and are longer go to the archive, where the host has handed one over. */
export const ARCHIVE_BYTES = 7_000;
/** So much of results may wait for a commit that archives them. */
export const MAX_ARCHIVE_GROUP_BYTES = 500_000;
/** What results leave free in the store that go there because the archive cannot be reached. */
export const ARCHIVE_SPARE_BYTES = 50_000;
/** How often what is left in the archive is looked for. */
export const ARCHIVE_SWEEP_MS = 6 * 3_600_000;
/** An execution deletes from it until this age. */
export const ARCHIVE_SWEEP_UNTIL_MS = 300_000;
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
/** Groups in doubt that the header remembers. */
export const MAX_DOUBTS = 16;

/** Executions that may run one job at once: 20 triggers and 30 executions a user, some of which are the host's. */
export const MAX_WORKERS = 10;
/** A map step commits its results after so long, or so many items: a write takes some 60 ms. */
export const GROUP_MS = 1_200;
export const GROUP_ITEMS = 100;
/**
 * Where there is an archive and the request says nothing, groups of very many items last longer, up to so long, so that there
 * are about so many of them: each may become a text of its own, which the store names in some hundred bytes.
 */
export const ARCHIVED_GROUPS = 1_500;
export const MAX_ARCHIVED_GROUP_MS = 20_000;
/** What a request may ask for instead. */
export const MAX_GROUP_MS = 60_000;
export const MAX_GROUP_ITEMS = 1_000;
/** What `ctx.each` may repeat after a kill. */
export const EACH_MS = 2_000;
export const EACH_ITEMS = 1_000;
/** A cursor, as JSON text: it is rewritten with each checkpoint, beside the tail of the log. */
export const MAX_CURSOR_BYTES = 3_000;
/** What steps say while they run: one value for each owner, of which this many are kept besides those at work. */
export const NOTES_BYTES = 4_000;
export const MAX_NOTES_KEYS = 3;
/** Owners whose lines one value holds, its own among them. */
export const MAX_NOTES_OWNERS = 20;
/** It is written at most so often, and not where less would be free for results. */
export const NOTES_EVERY_MS = 5_000;
export const NOTES_SPARE_BYTES = 10_000;
/** A line of a log, and what a step says of its progress. */
export const MAX_LINE_CHARS = 500;
export const MAX_LINE_BYTES = 1_500;
export const MAX_NOTE_CHARS = 200;
/** Lines that one call tells. */
export const MAX_LOG_LINES = 1_000;
/** Shorter secrets are not masked: they would be found everywhere. */
export const MIN_SECRET_CHARS = 4;
/** No retry is put off further. */
export const MAX_RETRY_DELAY_MS = 30 * 24 * 3_600_000;
/** A worker takes at least and at most so much work with one hold of the lock. */
export const MIN_SHARE_MS = 5_000;
export const MAX_SHARE_MS = 60_000;
/** Units of a share as long as nobody knows how long they take. */
export const FIRST_SHARE_UNITS = 1;

/** Names, ids and counts that a request may have. */
export const MAX_NAME_CHARS = 200;
export const MAX_STEP_ID_CHARS = 100;
export const MAX_STEPS = 2_000;
/** Jobs that one job may wait for. */
export const MAX_DEPENDENCIES = 20;
/** Items that are given one by one; whether they fit is for the bytes of the store to say. */
export const MAX_ITEMS = 100_000;
/** Items of a range. */
export const MAX_RANGE = 2 ** 31 - 1;
export const MAX_CONCURRENCY = 1_000;
/** So many of the longest fit into the one value that holds them. */
export const MAX_PREFIXES = 70;
/** Up to so many items a record has a row for each; beyond, a row per node. */
export const MAX_ITEM_ROWS = 1_000;
/** Rows of `list` carry steps and results of jobs up to this many steps and items. */
export const MAX_LIST_DETAIL_UNITS = 100;

const DAY_MS = 24 * 3_600_000;
/** Finished jobs keep steps and results this long, and their header this long, unless the configuration says otherwise. */
export const FOLD_AFTER_MS = 7 * DAY_MS;
export const PURGE_AFTER_MS = 30 * DAY_MS;
/** What the configuration may say of the second. */
export const RETENTION_DAYS_RANGE = [1, 3_650] as const;
/** Keys of a job without a header are swept when the job's id is older than this. */
export const ORPHAN_AFTER_MS = 3_600_000;
/** Deletes that one hold of the lock may make while it tidies up, and headers that it may fold: 62 ms each. */
export const MAX_SWEEP_DELETES = 40;
export const MAX_SWEEP_FOLDS = 40;

/** How long a state change waits for the script lock. */
export const LOCK_WAIT_MS = 30_000;
/** How long it waits where there is another way if the lock is busy. */
export const SHORT_LOCK_WAIT_MS = 5_000;
/** "everyMinutes(n)" of the watchdog: 10 minutes cost 144 short executions a day. */
export const WATCHDOG_MINUTES = 10;
/** What `everyMinutes` takes. */
export const WATCHDOG_PERIODS: readonly number[] = [1, 5, 10, 15, 30];
/** A wait for a job ends at this age of the execution, so that its caller has time to go on. */
export const WAIT_UNTIL_MS = 320_000;
/** A wait looks after so long, then less and less often. */
export const FIRST_PAUSE_MS = 1_000;
export const MAX_PAUSE_MS = 15_000;
/** A wait for an execution of a named job looks so often. */
export const WAIT_INTERVAL_MS = 2_000;
/** A one-off trigger made inside a trigger run fires no sooner than this (reported for TriggerApp). */
export const MIN_WAKE_UP_MS = 60_000;
/** An execution that is started by web app works after so long: reported hops take 3 s to 5 s. */
export const WEB_WORKER_MS = 10_000;
/** `enqueue` leaves this long to an explicit `resume` before the dispatcher takes the job. */
export const ENQUEUE_GRACE_MS = 60_000;
/** A one-off that is this late is taken for lost and made anew. Reported: 10 s to 90 s late, rarely more. */
export const WAKE_UP_LOST_MS = 3 * 60_000;

/** "Triggers total runtime 90 min / day" of a user; 6 h with Workspace. Reset 24 hours after the first use. */
export const DAILY_TRIGGER_MINUTES = 90;
/** "Properties read/write 50,000 / day" of a user; 500,000 with Workspace. */
export const DAILY_PROPERTY_OPERATIONS = 50_000;
/** The same page: quotas "are reset 24 hours after the first request". */
export const QUOTA_WINDOW_MS = 24 * 3_600_000;
/** What a tick that finds nothing to do takes, as an estimate: it writes nothing, so nobody measures it. */
export const IDLE_TICK_MS = 1_500;
/** Property operations that are left to what is not foreseen, at the most; of a small limit 2 percent. */
export const SPARE_OPERATIONS = 1_000;
export const SPARE_SHARE = 0.02;
/** Trigger time that a run leaves at its step boundaries, for its last commit and for the return of the lease. */
export const SPARE_TRIGGER_MS = 60_000;
/** Use that is stored with a write of its own when a pass has no other reason to write the user's key. */
export const OWN_WRITE_TRIGGER_MS = 10_000;
export const OWN_WRITE_OPERATIONS = 200;
/** Use from which on it is remembered also where the user has no trigger any more. */
export const KEPT_TRIGGER_MS = 60_000;
export const KEPT_OPERATIONS = 500;

/** Jobs that one pass of the dispatcher may claim: a bound for its loop, far above what six minutes allow. */
export const MAX_CLAIMS_PER_PASS = 500;
/** Handler calls that one claim may make: a bound for its loop. */
export const MAX_CALLS_PER_CLAIM = 100_000;

/** Items that the pages of one source may have together; pages; bytes of the token of a page. */
export const MAX_PAGED_ITEMS = 1_000_000;
export const MAX_PAGES = 20_000;
export const MAX_TOKEN_BYTES = 2_000;

/** A value of `AST.Storage` in properties, and all of them together, so that jobs keep the room that is theirs. */
export const MAX_PROPERTIES_VALUE_BYTES = 30_000;
export const VALUES_BYTES = 100 * 1024;
/** https://developers.google.com/apps-script/reference/cache/cache: "100KB" a value, kept below; 250 characters a key. */
export const MAX_CACHE_VALUE_BYTES = 100_000;
/** The same page: "default 600 seconds", "maximum 21600 seconds". */
export const CACHE_TTL_MS = 600_000;
export const MAX_CACHE_TTL_MS = 21_600_000;
/** https://developers.google.com/apps-script/reference/drive/folder, createFile: "larger than 10MB" is refused. */
export const MAX_DRIVE_VALUE_BYTES = 10_000_000;
/** "50,000 characters" a cell of a spreadsheet, kept below. */
export const CELL_CHARS = 45_000;
/** A value in a sheet is one row, written by one call: some fifty cells, below what a request is known to carry. */
export const MAX_SHEET_VALUE_BYTES = 2_000_000;
/** What a value may be called. */
export const MAX_VALUE_NAME_CHARS = 100;
/** Files of a folder that are looked at: a bound for a loop. */
export const MAX_LISTED_FILES = 10_000;

/** Schedules of a store; each takes one value, which is written anew at each firing. */
export const MAX_SCHEDULES = 100;
/** What a schedule may take when it is stored: progress and an error come on top. */
export const MAX_SCHEDULE_BYTES = 7_000;
export const MAX_SCHEDULE_ID_CHARS = 120;
/** Missed times that are made up for at once, at the most, and unless the schedule says otherwise. */
export const MAX_CATCH_UP = 100;
export const CATCH_UP = 10;
/** Dead letters that one call may replay, and put away. */
export const MAX_REPLAYS = 100;
export const MAX_PURGED_LETTERS = 2_000;
/** The longest intervals that a schedule may have. */
export const MAX_EVERY_MINUTES = 1_440;
export const MAX_EVERY_HOURS = 720;
export const MAX_EVERY_DAYS = 366;
export const MAX_EVERY_WEEKS = 52;

/** What service calls take in milliseconds, as it was measured and reported: only estimates rest on it. */
export const SERVICE_MS = {read: 30, write: 62, lock: 60, release: 20, trigger: 300} as const;
/** How late a one-off fires on average; reported: 10 s to 90 s. Only estimates rest on it. */
export const ONE_OFF_LAG_MS = 50_000;
/** Resources with a rate limit: all of them stand in one value. */
export const MAX_LIMITED_RESOURCES = 20;
/** Units that a run reserves at once: so many are lost for their window if it is killed. */
export const RESERVED_UNITS = 20;
/** A run sleeps up to so long for the next units, where its budget has the time. */
export const MAX_RATE_SLEEP_MS = 65_000;

/** Listeners and alerts that a script may declare. */
export const MAX_LISTENERS = 50;
export const MAX_ALERTS = 10;
/** An execution delivers no events behind this age: a later pass does. */
export const DELIVER_UNTIL_MS = 330_000;
/** Behind this age an event is tried once more only: its delivery may have killed every execution that tried. */
export const EVENT_GIVEN_UP_MS = 6 * 3_600_000;
/** Events that one pass delivers for executions that were killed. */
export const MAX_LOST_EVENTS = 50;
/** A job that is due so long and that nobody took needs attention. */
export const STUCK_AFTER_MS = 3_600_000;
/** What is remembered as told: jobs that are stuck, and users whose quota is near. */
export const MAX_TOLD = 50;
/** Jobs that are told to be stuck; others wait until some of these are no longer. */
export const MAX_STUCK_TOLD = 40;
/** Alerts that one message tells in full; of the others it tells how many. */
export const MAX_ALERT_ENTRIES = 15;
/** All that is stored of alerts. */
export const MAX_ALERTS_BYTES = 7_500;
/** A message that could not be sent is tried so often, each time later. */
export const MAX_SEND_TRIES = 12;
/** Alerts of a declaration that the script no longer has are kept so long. */
export const UNCLAIMED_ALERTS_MS = 24 * 3_600_000;

/** Schema version of everything stored; text of the versions before is read, too. */
export const SCHEMA = 2;
/** Of headers with terms: a library of schema 2 leaves such jobs alone. */
export const SCHEMA_OF_TERMS = 3;
