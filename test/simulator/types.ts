/**
 * The words of the simulator, shared by all its files; what tests use of it is exported again by index.ts.
 *
 * *world* one simulated Google with its clock · *project* a script with its libraries · *execution* one run of it ·
 * *call* one service call of an execution · *verdict* what a fault hook decides about a call · *realm* a vm context.
 */

export interface SourceFile {
  readonly name: string;
  readonly source: string;
}

export interface LibrarySource {
  /** The global by which the host sees the library, e.g. `ASTLib`. */
  readonly symbol: string;
  /** Hosts that use the same name share its script properties, locks and cache. @default symbol */
  readonly name?: string;
  readonly files: readonly SourceFile[];
}

export interface ProjectSource {
  /** @default 'main' */
  readonly id?: string;
  readonly files: readonly SourceFile[];
  readonly libraries?: readonly LibrarySource[];
  /** Whether the script belongs to a spreadsheet; if not, document stores and locks are null. @default true */
  readonly isBound?: boolean;
}

export type StoreKind = 'script' | 'user' | 'document';
export type ServiceName = 'properties' | 'lock' | 'triggers' | 'cache' | 'utilities' | 'sheet' | 'drive' | 'fetch';
export type AuthMode = 'FULL' | 'LIMITED';
export type TriggerKind = 'oneOff' | 'recurring';
export type ExecutionEnd = 'running' | 'done' | 'error' | 'killed' | 'wall';

/** Virtual milliseconds that a call takes before its effect. */
export interface Latencies {
  readonly read: number;
  readonly write: number;
  readonly lock: number;
  readonly release: number;
  readonly trigger: number;
  readonly cache: number;
  readonly sheet: number;
  readonly drive: number;
  readonly fetch: number;
  readonly uuid: number;
}

export interface Limits {
  readonly valueBytes: number;
  readonly storeBytes: number;
  readonly triggersPerUser: number;
  readonly executionsPerUser: number;
  /** Cells of a spreadsheet, empty ones of its grids included. */
  readonly cells: number;
}

export interface DailyQuota {
  readonly propertyOperations: number;
  /** Whether getProperties, setProperties and the like count as one operation or one for each key; Google does not say. */
  readonly bulk: 'one' | 'each';
}

/** What Google documents nowhere. What one account was seen to do can be set here: see observed.ts. */
export interface Quirks {
  /** How long `catch` and `finally` may go on after the time limit. @default 0, they do not run */
  readonly wallGraceMs: number;
  /** How long the locks of a killed execution stay held. @default 0 */
  readonly killedLockMs: number;
  /** Whether the Lock objects of one execution do not exclude each other. @default false */
  readonly locksNest: boolean;
  /** One-offs that a trigger's execution makes for sooner than this are refused or born disabled. @default 0 */
  readonly nestedOneOffs: {readonly leastMs: number; readonly sooner: 'refused' | 'disabled'};
  /** Whether one-offs stay listed once they have fired. @default true */
  readonly oneOffsStay: boolean;
  /** How far from its even times a recurring trigger may fire. @default 2000 */
  readonly recurringJitterMs: number;
  /** Whether `getScriptProperties()` and its like make a new object at each call. @default false */
  readonly freshHandles: boolean;
}

/** An answer of the web; a text alone is one with code 200. */
export interface FetchAnswer {
  readonly code: number;
  readonly text: string;
  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>;
}

export type FetchHandler = (url: string, params: unknown) => string | FetchAnswer;

export interface WorldOptions {
  /** @default 1 */
  readonly seed?: number;
  /** The only project, or the first of `projects`. */
  readonly project?: ProjectSource;
  readonly projects?: readonly ProjectSource[];
  /** @default 2026-01-05T09:00:00Z */
  readonly startMs?: number;
  readonly latency?: Partial<Latencies>;
  /** A call takes latency × (1 ± jitter). @default 0 */
  readonly jitter?: number;
  /** @default 360000; 30000 for executions with limited authority */
  readonly wallMs?: number;
  /** How much later than due a one-off trigger fires. @default [5000, 60000] */
  readonly triggerLagMs?: readonly [number, number];
  readonly limits?: Partial<Limits>;
  readonly dailyQuota?: DailyQuota;
  /**
   * Run time that triggers may use a user, in the 24 hours from their first use on. A firing beyond it fails at once; one
   * that has begun is not stopped. @default no limit
   */
  readonly dailyTriggerMs?: number;
  readonly quirks?: Partial<Quirks>;
  readonly fetch?: FetchHandler;
  /** Whether `history` has the service calls too. @default false */
  readonly history?: boolean;
  /** @default 'Etc/UTC' */
  readonly timeZone?: string;
  /**
   * Real milliseconds without a service call after which an execution counts as an endless loop: the only place where
   * the speed of the machine matters. @default 20000
   */
  readonly hangMs?: number;
  /** @default 'owner@example.com' */
  readonly user?: string;
}

export interface StartRequest {
  readonly fn: string;
  readonly args?: readonly unknown[];
  readonly user?: string;
  readonly project?: string;
  readonly authMode?: AuthMode;
  readonly wallMs?: number;
  /** @default now */
  readonly atMs?: number;
  /** Lets a test's own start look like one by a trigger. @default null */
  readonly trigger?: TriggerKind | null;
}

export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
}

export interface Counts {
  readonly reads: number;
  readonly writes: number;
  readonly deletes: number;
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** tryLock and waitLock. */
  readonly locks: number;
  readonly triggerCalls: number;
  readonly triggersCreated: number;
  readonly calls: number;
  /** By `service.method`, e.g. `properties.setProperty`. */
  readonly byMethod: Readonly<Record<string, number>>;
}

/** One run of Apps Script, alive or ended. */
export interface Execution {
  readonly id: number;
  readonly fn: string;
  readonly user: string;
  readonly project: string;
  readonly trigger: TriggerKind | null;
  readonly startMs: number;
  readonly endMs: number | null;
  readonly end: ExecutionEnd;
  readonly error: ThrownError | null;
  /** The JSON value that the function returned. */
  readonly value: unknown;
  /** How many counted service calls it has made. */
  readonly calls: number;
  readonly log: readonly string[];
  counts(): Counts;
}

export interface ServiceCall {
  /** 1 for the first counted call of the world since the last resetCounts. */
  readonly n: number;
  /** 1 for the first counted call of its execution. */
  readonly index: number;
  readonly execution: Execution;
  readonly service: ServiceName;
  readonly method: string;
  readonly store: StoreKind | null;
  /** The library whose realm called, null for the host. */
  readonly library: string | null;
  readonly args: readonly unknown[];
  readonly atMs: number;
}

export type Verdict =
  | {readonly kind: 'kill'; readonly when: 'before' | 'after'}
  | {readonly kind: 'error'; readonly message: string; readonly when: 'before' | 'after'}
  | {readonly kind: 'stall'; readonly ms: number; readonly when?: 'before' | 'after'}
  /** The execution dies now; the effect of its call lands `ms` later all the same. */
  | {readonly kind: 'late'; readonly ms: number}
  /** setProperties writes its first `keys` keys only and the execution dies. */
  | {readonly kind: 'tear'; readonly keys: number}
  /** From now on the execution's clock shows `ms` more (or less); the call goes its way. */
  | {readonly kind: 'jump'; readonly ms: number};

export interface Trigger {
  readonly uid: string;
  readonly handler: string;
  readonly kind: TriggerKind;
  readonly user: string;
  readonly project: string;
  readonly createdMs: number;
  /** When a one-off is due; null for a recurring one. */
  readonly dueMs: number | null;
  readonly everyMs: number | null;
  readonly isDisabled: boolean;
  /** How often it has fired. */
  readonly fired: number;
}

export type FiringVerdict = 'fire' | 'lost' | 'double' | {readonly lateMs: number};
export type CreationVerdict = 'ok' | 'disabled';

export interface Effect {
  readonly atMs: number;
  readonly executionId: number;
  readonly name: string;
  readonly data: unknown;
}

export interface HistoryEntry {
  readonly atMs: number;
  /** 0 where no execution is concerned. */
  readonly executionId: number;
  readonly what: string;
}

export interface StoreScope {
  readonly project?: string;
  readonly library?: string;
  readonly user?: string;
}

export interface SettleOptions {
  /** How far to go from now at the most. @default 7 days */
  readonly horizonMs?: number;
  /** Recurring triggers do not count as something that is still to come. @default false */
  readonly untilIdle?: boolean;
}

export interface SettleResult {
  readonly isSettled: boolean;
  readonly atMs: number;
  /** What was still to come at the horizon, in words; empty when settled. */
  readonly pending: string;
}
