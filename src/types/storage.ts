/** Types of `AST.Storage`. No code. */

/** Where `AST.Storage` keeps values. */
export type StorageBackend = 'properties' | 'cache' | 'drive' | 'sheet';

/** What `put` takes besides the value. */
export interface StorageOptions {
  /** @default 'drive', else 'sheet', where the host handed them over, else 'properties' */
  readonly backend?: StorageBackend;
  /** For people; need not be unique. At most 100 characters. */
  readonly name?: string;
  /** How long the cache keeps the value at the most, in milliseconds. Only for `'cache'`. @minimum 1000 @maximum 21600000 @default 600000 */
  readonly ttlMs?: number;
  /** Namespace of the value; letters, digits and `_ . : -`, at most 60. @default 'AST_STORAGE' */
  readonly prefix?: string;
}

/** A small plain object that leads to a stored value: safe in payloads and results. Pass it on unchanged. */
export interface StorageReference {
  /** Marks it as a reference, of version 1. */
  readonly astRef: 1;
  /** Where the value lies. */
  readonly in: StorageBackend;
  /** Where; to be read by the library only. */
  readonly at: string;
  /** UTF-8 bytes of the stored text, which is a little longer than the value. */
  readonly bytes: number;
  /** Fingerprint of the stored text. */
  readonly sum: string;
  /** What `get` returns: JSON, text, or a blob. */
  readonly type?: 'json' | 'text' | 'blob';
  /** Content type of a blob. */
  readonly mime?: string;
  /** As it was given to `put`. */
  readonly name?: string;
  /** Until when the cache keeps the value at the most. */
  readonly until?: string;
}

/** What `get` and `remove` take besides the reference. */
export interface StorageLookup {
  /** Refuses references of other namespaces. @default any */
  readonly prefix?: string;
}

/** What `get` returns for a blob where the host has no `Utilities.newBlob`. */
export interface StoredBlob {
  /** Signed, -128 to 127, as `getBytes()` has them. */
  readonly bytes: readonly number[];
  /** Content type. */
  readonly mime: string | null;
  /** File name. */
  readonly name: string | null;
}

/** What `AST.Storage.list` takes. */
export interface StorageFilters {
  /** @default all but the cache, which cannot be listed */
  readonly backend?: StorageBackend;
  /** @default all */
  readonly prefix?: string;
  /** Only values that were put longer ago than this, in milliseconds. @minimum 0 @default 0 */
  readonly olderThanMs?: number;
  /** So many rows at most, the newest. @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
}

/** A row of `AST.Storage.list`. */
export interface StoredValue {
  /** Leads to the value as that of `put` does; without `type`, `mime` and `name`. */
  readonly reference: StorageReference;
  /** Its namespace. */
  readonly prefix: string;
  /** When it was put. */
  readonly createdAt: string;
}

/** What `AST.Storage.usage` returns. */
export interface StorageUsage {
  /** Where `put` goes if it is not told. */
  readonly default: StorageBackend;
  /** One row for each that this host has. */
  readonly backends: readonly {
    /** Which one. */
    readonly backend: StorageBackend;
    /** Values and their UTF-8 bytes; `null` for the cache, which cannot be listed. */
    readonly values: number | null;
    /** Of UTF-8; `null` likewise. */
    readonly bytes: number | null;
    /** The longest text that fits, in UTF-8 bytes. */
    readonly maxValueBytes: number;
  }[];
}
