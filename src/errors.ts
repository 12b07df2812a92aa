/**
 * The one error of this library.
 *
 * Errors cross the border between the library's realm and the host's, where `instanceof` is always false
 * (https://developers.google.com/apps-script/guides/v8-runtime/migration). So there is one implementation, told apart by
 * `name` and by a closed `code`, and recognised by {@link isJobsError}, which looks at nothing else.
 */

/** What kind of thing went wrong; the value of `error.name`. */
export type JobsErrorName =
  | 'AstJobsError'
  | 'AstJobsValidationError'
  | 'AstJobsNotFoundError'
  | 'AstJobsConflictError'
  | 'AstJobsStepExecutionError'
  | 'AstJobsCapabilityError'
  | 'AstJobsTimeoutError';

/** Exactly what went wrong; the value of `error.code`. Closed: a new code is a new version of this library. */
export type JobsErrorCode =
  | 'INVALID_REQUEST'
  | 'INVALID_OPTION'
  | 'HANDLER_NOT_FOUND'
  | 'PLAN_TOO_LARGE'
  | 'JOB_NOT_FOUND'
  | 'STEP_NOT_FOUND'
  | 'BATCH_NOT_FOUND'
  | 'WORKFLOW_NOT_FOUND'
  | 'EXECUTION_NOT_FOUND'
  | 'SCHEDULE_NOT_FOUND'
  | 'NOT_FAILED'
  | 'ALREADY_FINAL'
  | 'LEASE_HELD'
  | 'LEASE_LOST'
  | 'ALREADY_STARTED'
  | 'HAS_DEPENDENTS'
  | 'DEPENDENCY_FAILED'
  | 'JOB_TIMEOUT'
  | 'JOB_FAILED'
  | 'JOB_CANCELED'
  | 'WAIT_TIMEOUT'
  | 'NESTED_RUN'
  | 'LOCK_TIMEOUT'
  | 'STORE_FULL'
  | 'STORE_UNAVAILABLE'
  | 'RECORD_CORRUPT'
  | 'SCHEMA_NEWER'
  | 'HOST_UNKNOWN'
  | 'TRIGGERS_UNAVAILABLE'
  | 'NOT_SUPPORTED'
  | 'YAML_MISSING'
  | 'STEP_FAILED'
  | 'STEP_KILLED'
  | 'STEP_FATAL'
  | 'STEP_RETRY'
  | 'STEP_TIMEOUT'
  | 'SECRET_MISSING'
  | 'PAGE_INVALID'
  | 'ASYNC_HANDLER'
  | 'RESULT_NOT_JSON'
  | 'RESULT_TOO_LARGE'
  | 'REFERENCE_INVALID'
  | 'REFERENCE_GONE'
  | 'REFERENCE_FOREIGN'
  | 'VALUE_TOO_LARGE'
  | 'BACKEND_UNAVAILABLE';

/** Facts about an error, JSON-able. */
export type JobsErrorDetails = Readonly<Record<string, unknown>>;

/** What `toJSON()` returns. */
export interface JobsErrorJson {
  readonly name: JobsErrorName;
  readonly code: JobsErrorCode;
  readonly message: string;
  readonly details: JobsErrorDetails;
  readonly cause?: {readonly name: string; readonly message: string};
}

/** An error of this library. */
export interface JobsError extends Error {
  readonly name: JobsErrorName;
  readonly code: JobsErrorCode;
  readonly details: JobsErrorDetails;
  readonly cause?: unknown;
  toJSON(): JobsErrorJson;
}

const NAME_OF_CODE: Readonly<Record<JobsErrorCode, JobsErrorName>> = {
  INVALID_REQUEST: 'AstJobsValidationError',
  INVALID_OPTION: 'AstJobsValidationError',
  HANDLER_NOT_FOUND: 'AstJobsValidationError',
  PLAN_TOO_LARGE: 'AstJobsValidationError',
  JOB_NOT_FOUND: 'AstJobsNotFoundError',
  STEP_NOT_FOUND: 'AstJobsNotFoundError',
  BATCH_NOT_FOUND: 'AstJobsNotFoundError',
  WORKFLOW_NOT_FOUND: 'AstJobsNotFoundError',
  EXECUTION_NOT_FOUND: 'AstJobsNotFoundError',
  SCHEDULE_NOT_FOUND: 'AstJobsNotFoundError',
  NOT_FAILED: 'AstJobsConflictError',
  ALREADY_FINAL: 'AstJobsConflictError',
  LEASE_HELD: 'AstJobsConflictError',
  LEASE_LOST: 'AstJobsConflictError',
  ALREADY_STARTED: 'AstJobsConflictError',
  HAS_DEPENDENTS: 'AstJobsConflictError',
  DEPENDENCY_FAILED: 'AstJobsConflictError',
  JOB_TIMEOUT: 'AstJobsTimeoutError',
  JOB_FAILED: 'AstJobsStepExecutionError',
  JOB_CANCELED: 'AstJobsConflictError',
  WAIT_TIMEOUT: 'AstJobsTimeoutError',
  NESTED_RUN: 'AstJobsConflictError',
  LOCK_TIMEOUT: 'AstJobsConflictError',
  STORE_FULL: 'AstJobsCapabilityError',
  STORE_UNAVAILABLE: 'AstJobsCapabilityError',
  RECORD_CORRUPT: 'AstJobsError',
  SCHEMA_NEWER: 'AstJobsCapabilityError',
  HOST_UNKNOWN: 'AstJobsCapabilityError',
  TRIGGERS_UNAVAILABLE: 'AstJobsCapabilityError',
  NOT_SUPPORTED: 'AstJobsCapabilityError',
  YAML_MISSING: 'AstJobsCapabilityError',
  STEP_FAILED: 'AstJobsStepExecutionError',
  STEP_KILLED: 'AstJobsStepExecutionError',
  STEP_FATAL: 'AstJobsStepExecutionError',
  STEP_RETRY: 'AstJobsStepExecutionError',
  STEP_TIMEOUT: 'AstJobsStepExecutionError',
  SECRET_MISSING: 'AstJobsStepExecutionError',
  PAGE_INVALID: 'AstJobsStepExecutionError',
  ASYNC_HANDLER: 'AstJobsStepExecutionError',
  RESULT_NOT_JSON: 'AstJobsStepExecutionError',
  RESULT_TOO_LARGE: 'AstJobsStepExecutionError',
  REFERENCE_INVALID: 'AstJobsValidationError',
  REFERENCE_GONE: 'AstJobsNotFoundError',
  REFERENCE_FOREIGN: 'AstJobsValidationError',
  VALUE_TOO_LARGE: 'AstJobsValidationError',
  BACKEND_UNAVAILABLE: 'AstJobsCapabilityError',
};

/** Makes an error of this library; its `name` follows from its `code`. */
export function jobsError(
  code: JobsErrorCode,
  message: string,
  details: JobsErrorDetails = {},
  cause?: unknown,
): JobsError {
  const name = NAME_OF_CODE[code];
  const error = new Error(message) as unknown as Record<string, unknown>;
  error['name'] = name;
  error['code'] = code;
  error['details'] = details;
  if (cause !== undefined) error['cause'] = cause;
  error['toJSON'] = (): JobsErrorJson => ({
    name,
    code,
    message,
    details,
    ...(cause === undefined ? {} : {cause: describeThrown(cause)}),
  });
  return error as unknown as JobsError;
}

/** True for an error of this library, made in whichever realm: its code and its name belong together. */
export function isJobsError(value: unknown): value is JobsError {
  const name = readString(value, 'name');
  const code = readString(value, 'code');
  return name !== null && code !== null && (NAME_OF_CODE as Readonly<Record<string, unknown>>)[code] === name;
}

const MAX_NAME_CHARS = 80;
const MAX_MESSAGE_CHARS = 500;

/**
 * Reads name and message of anything that was thrown: `null`, strings, errors of another realm, getters that throw. `who`
 * threw it is said where it has no message.
 */
export function describeThrown(thrown: unknown, who = 'The handler'): {name: string; message: string} {
  const name = readString(thrown, 'name') ?? 'Error';
  const message = readString(thrown, 'message') ?? printThrown(thrown, who);
  return {name: clip(name, MAX_NAME_CHARS), message: clip(message, MAX_MESSAGE_CHARS)};
}

function readString(thrown: unknown, key: 'name' | 'message' | 'code'): string | null {
  if (typeof thrown !== 'object' && typeof thrown !== 'function') return null;
  if (thrown === null) return null;
  try {
    const value = (thrown as Record<string, unknown>)[key];
    return typeof value === 'string' && value !== '' ? value : null;
  } catch {
    return null; // A getter that throws has nothing to tell.
  }
}

function printThrown(thrown: unknown, who: string): string {
  try {
    return `${who} threw ${typeof thrown === 'string' ? thrown : String(thrown)}`;
  } catch {
    return `${who} threw something that cannot be printed`;
  }
}

/** Cuts text at a number of characters without leaving half a surrogate pair, and says that it did. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = text.slice(0, maxChars - 1);
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`;
}
