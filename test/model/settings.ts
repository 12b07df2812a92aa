/** What `configure` keeps, as README.md describes it: texts by their long names. */

export type Settings = Readonly<Record<string, string>>;

const LONG_NAMES: Readonly<Record<string, string>> = {
  maxRetries: 'AST_JOBS_DEFAULT_MAX_RETRIES',
  maxRuntimeMs: 'AST_JOBS_DEFAULT_MAX_RUNTIME_MS',
  leaseTtlMs: 'AST_JOBS_LEASE_TTL_MS',
  checkpointStore: 'AST_JOBS_CHECKPOINT_STORE',
  propertyPrefix: 'AST_JOBS_PROPERTY_PREFIX',
};

/** What `configure` makes of what was set before. */
export function configure(before: Settings, given: Readonly<Record<string, unknown>>, isMerged: boolean): Settings {
  const added = Object.entries(given).map(([key, value]) => [LONG_NAMES[key] ?? key, String(value)] as const);
  return {...(isMerged ? before : {}), ...Object.fromEntries(added)};
}
