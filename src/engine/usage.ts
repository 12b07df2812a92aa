/** Bytes in use, kept up to date through the writes of a hold: a full store is half a megabyte, counted once. */
import {utf8Bytes} from '../core/bytes';
import {parseKey} from '../core/keys';
import type {Snapshot} from '../core/stored-job';

export class Usage {
  /** Bytes of the jobs of the prefixes in use. */
  ownBytes = 0;
  /** Bytes of everything, the host's settings too. */
  totalBytes = 0;
  private readonly prefixes: ReadonlySet<string>;

  constructor(snapshot: Snapshot, prefixes: readonly string[]) {
    this.prefixes = new Set(prefixes);
    for (const key of Object.keys(snapshot)) this.add(key, snapshot[key], 1);
  }

  /** A key changed; `undefined` where it is not there. */
  change(key: string, before: string | undefined, after: string | undefined): void {
    this.add(key, before, -1);
    this.add(key, after, 1);
  }

  private add(key: string, value: string | undefined, times: 1 | -1): void {
    if (value === undefined) return;
    const bytes = times * (utf8Bytes(key) + utf8Bytes(value));
    const parsed = parseKey(key);
    this.totalBytes += bytes;
    if (parsed !== null && this.prefixes.has(parsed.prefix)) this.ownBytes += bytes;
  }
}
