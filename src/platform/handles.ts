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

export interface BlobLike {
  getDataAsString(): string;
  setName(name: string): unknown;
}

export interface UtilitiesLike {
  sleep(ms: number): void;
  /** Optional only because doubles of the services leave it out. */
  newBlob?(bytes: number[], contentType?: string): BlobLike;
}

export interface CacheLike {
  get(key: string): string | null;
  put(key: string, value: string, expirationInSeconds: number): void;
  remove(key: string): void;
}

export interface CacheServiceLike {
  getScriptCache(): CacheLike | null;
  getUserCache(): CacheLike | null;
  /** `null` where the script is bound to no document. */
  getDocumentCache(): CacheLike | null;
}

export interface IteratorLike<Item> {
  hasNext(): boolean;
  next(): Item;
}

export interface FileLike {
  getId(): string;
  getName(): string;
  getSize(): number;
  getDateCreated(): {getTime(): number};
  getParents(): IteratorLike<{getId(): string}>;
  getBlob(): {getDataAsString(): string};
  isTrashed(): boolean;
  setTrashed(isTrashed: boolean): unknown;
}

export interface FolderLike {
  getId(): string;
  isTrashed(): boolean;
  createFile(name: string, content: string, mimeType: string): FileLike;
  searchFiles(params: string): IteratorLike<FileLike>;
  getFilesByName(name: string): IteratorLike<FileLike>;
}

/** Drive, as the host hands it over: this library names no service that asks for a permission. */
export interface DriveLike {
  getFileById(id: string): FileLike;
  getFolderById(id: string): FolderLike;
  createFolder(name: string): FolderLike;
}

export interface RangeLike {
  getValues(): unknown[][];
}

export interface SheetLike {
  getLastRow(): number;
  getMaxColumns(): number;
  insertColumnsAfter(column: number, count: number): unknown;
  getRange(row: number, column: number, rows: number, columns: number): RangeLike;
  appendRow(cells: (string | number)[]): unknown;
  deleteRow(row: number): unknown;
  hideSheet(): unknown;
}

export interface SpreadsheetLike {
  getId(): string;
  getSheetByName(name: string): SheetLike | null;
  insertSheet(name: string): SheetLike;
}

/** Spreadsheets, as the host hands them over. */
export interface SheetsLike {
  openById(id: string): SpreadsheetLike;
  /** `null` where the script is bound to no spreadsheet. */
  getActiveSpreadsheet(): SpreadsheetLike | null;
  /** Google may hold writes back until then. */
  flush(): void;
}

export interface ConsoleLike {
  log(text: string): void;
}

/** What one request of `fetchAll` is made of, as far as it is used here. */
export interface FetchRequestLike {
  readonly url: string;
  readonly method: 'post';
  readonly payload: Record<string, string> | string;
  readonly contentType?: string;
  readonly muteHttpExceptions: boolean;
  readonly timeoutSeconds?: number;
}

export interface FetchAnswerLike {
  getResponseCode(): number;
  getContentText(): string;
}

/** The service that fetches addresses. Handed over by the host, because its name alone would ask for a permission. */
export interface FetchLike {
  fetchAll(requests: FetchRequestLike[]): FetchAnswerLike[];
}

/** The service that sends mail. Handed over by the host, for the same reason. */
export interface MailLike {
  sendEmail(recipient: string, subject: string, body: string): unknown;
}

/** The service that makes what a web app may return. Handed over by the host. */
export interface ContentLike {
  createTextOutput(text: string): object;
}

/** The services of a host. What is missing is missed only where it is needed. */
export interface Services {
  readonly PropertiesService: PropertiesServiceLike | undefined;
  readonly LockService: LockServiceLike | undefined;
  readonly CacheService: CacheServiceLike | undefined;
  readonly ScriptApp: ScriptAppLike | undefined;
  readonly Utilities: UtilitiesLike | undefined;
  readonly console: ConsoleLike | undefined;
}
