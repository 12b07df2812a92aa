/** The parts of Apps Script services that this library uses: structural types, so that a host may hand over a double. */

export interface PropertiesLike {
  getProperties(): Record<string, string>;
  getProperty(key: string): string | null;
  setProperty(key: string, value: string): unknown;
  deleteProperty(key: string): unknown;
}

export interface PropertiesServiceLike {
  getScriptProperties(): PropertiesLike;
  getUserProperties?(): PropertiesLike;
  /** Optional only because doubles of the services leave it out: `null` where the script is bound to no document. */
  getDocumentProperties(): PropertiesLike | null;
}

export interface LockLike {
  tryLock(timeoutMs: number): boolean;
  releaseLock(): void;
  /** Optional only because doubles of the services leave it out. */
  hasLock?(): boolean;
}

export interface LockServiceLike {
  getScriptLock(): LockLike;
  getUserLock(): LockLike;
  getDocumentLock(): LockLike | null;
}

export interface TriggerLike {
  getUniqueId(): string;
  getHandlerFunction(): string;
}

export interface ClockTriggerBuilderLike {
  after(durationMs: number): ClockTriggerBuilderLike;
  everyMinutes(minutes: number): ClockTriggerBuilderLike;
  create(): TriggerLike;
}

export interface ScriptAppLike {
  newTrigger(functionName: string): {timeBased(): ClockTriggerBuilderLike};
  getProjectTriggers(): TriggerLike[];
  deleteTrigger(trigger: TriggerLike): void;
}

export interface UtilitiesLike {
  sleep(ms: number): void;
}

export interface ConsoleLike {
  log(text: string): void;
}

/** The services of a host. What is missing is missed only where it is needed. */
export interface Services {
  readonly PropertiesService: PropertiesServiceLike | undefined;
  readonly LockService: LockServiceLike | undefined;
  readonly ScriptApp: ScriptAppLike | undefined;
  readonly Utilities: UtilitiesLike | undefined;
  readonly console: ConsoleLike | undefined;
}
