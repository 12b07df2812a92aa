/**
 * Checked by `tsc -b`, not run: what `src/platform/handles.ts` asks for is what Apps Script has, and what it lacks is
 * refused. A line under `@ts-expect-error` that compiles is an error of its own.
 */
import type {
  CacheServiceLike,
  ClockTriggerBuilderLike,
  ConsoleLike,
  ContentLike,
  FetchAnswerLike,
  FetchLike,
  DriveLike,
  FileLike,
  FolderLike,
  LockLike,
  LockServiceLike,
  PropertiesLike,
  PropertiesServiceLike,
  ScriptAppLike,
  Services,
  SheetLike,
  SheetsLike,
  TriggerLike,
  UtilitiesLike,
} from '../../src/platform/handles';
import type {BindOptions} from '../../src/types';

type Satisfies<Handle, Real extends Handle> = Real;

export type Fits = [
  Satisfies<PropertiesLike, GoogleAppsScript.Properties.Properties>,
  Satisfies<PropertiesServiceLike, GoogleAppsScript.Properties.PropertiesService>,
  Satisfies<LockLike, GoogleAppsScript.Lock.Lock>,
  Satisfies<LockServiceLike, GoogleAppsScript.Lock.LockService>,
  Satisfies<TriggerLike, GoogleAppsScript.Script.Trigger>,
  Satisfies<ClockTriggerBuilderLike, GoogleAppsScript.Script.ClockTriggerBuilder>,
  Satisfies<ScriptAppLike, GoogleAppsScript.Script.ScriptApp>,
  Satisfies<UtilitiesLike, GoogleAppsScript.Utilities.Utilities>,
  Satisfies<ConsoleLike, Console>,
  Satisfies<CacheServiceLike, GoogleAppsScript.Cache.CacheService>,
  Satisfies<DriveLike, GoogleAppsScript.Drive.DriveApp>,
  Satisfies<SheetsLike, GoogleAppsScript.Spreadsheet.SpreadsheetApp>,
  Satisfies<
    Services,
    {
      PropertiesService: GoogleAppsScript.Properties.PropertiesService;
      LockService: GoogleAppsScript.Lock.LockService;
      CacheService: GoogleAppsScript.Cache.CacheService;
      ScriptApp: GoogleAppsScript.Script.ScriptApp;
      Utilities: GoogleAppsScript.Utilities.Utilities;
      console: Console;
    }
  >,
  Satisfies<ContentLike, GoogleAppsScript.Content.ContentService>,
  Satisfies<FetchAnswerLike, GoogleAppsScript.URL_Fetch.HTTPResponse>,
  // The declarations of Google leave `timeoutSeconds` out.
  Satisfies<{fetchAll(requests: GoogleAppsScript.URL_Fetch.URLFetchRequest[]): FetchAnswerLike[]}, FetchLike>,
  Satisfies<NonNullable<BindOptions['fetch']>, GoogleAppsScript.URL_Fetch.UrlFetchApp>,
  Satisfies<NonNullable<BindOptions['content']>, GoogleAppsScript.Content.ContentService>,
  // A host may hand its own Lock object over.
  Satisfies<NonNullable<BindOptions['lock']>, GoogleAppsScript.Lock.Lock>,
];

/** A handle with one method of another type. */
type Broken<Handle, Method extends keyof Handle, Type> = Omit<Handle, Method> & Record<Method, Type>;

export type Refused = [
  // @ts-expect-error -- a value is a text
  Satisfies<PropertiesLike, Broken<PropertiesLike, 'setProperty', (key: string, value: number) => void>>,
  // @ts-expect-error -- a missing key has null, so that undefined would be a bug
  Satisfies<PropertiesLike, Broken<PropertiesLike, 'getProperty', (key: string) => string | undefined>>,
  // @ts-expect-error -- all of them have to be readable in one call
  Satisfies<PropertiesLike, Omit<PropertiesLike, 'getProperties'>>,
  // @ts-expect-error -- a cache is no store
  Satisfies<PropertiesLike, GoogleAppsScript.Cache.Cache>,
  // @ts-expect-error -- waiting answers whether the lock is there
  Satisfies<LockLike, Broken<LockLike, 'tryLock', (timeoutMs: number) => void>>,
  // @ts-expect-error -- a lock that cannot be freed
  Satisfies<LockLike, Omit<LockLike, 'releaseLock'>>,
  // @ts-expect-error -- a trigger is known by an id
  Satisfies<TriggerLike, Omit<TriggerLike, 'getUniqueId'>>,
  // @ts-expect-error -- another builder than that of clock triggers
  Satisfies<ClockTriggerBuilderLike, GoogleAppsScript.Script.SpreadsheetTriggerBuilder>,
  // @ts-expect-error -- a file is known by its name too
  Satisfies<FileLike, Omit<FileLike, 'getName'>>,
  // @ts-expect-error -- a file is no folder
  Satisfies<FolderLike, GoogleAppsScript.Drive.File>,
  // @ts-expect-error -- a row is appended whole
  Satisfies<SheetLike, Broken<SheetLike, 'appendRow', (cell: string) => void>>,
  // @ts-expect-error -- triggers have to be listed
  Satisfies<ScriptAppLike, Broken<ScriptAppLike, 'getProjectTriggers', () => TriggerLike>>,
];
