/** Backends of stored texts in plain memory, shared by all executions of a world. */
import {foreign, checkText, locate} from '../../src/engine/backend';
import type {Backend, BackendKind, Backends, StoredText} from '../../src/engine/ports';
import {utf8Bytes} from '../../src/core/bytes';
import {makeLocator} from '../../src/core/locator';

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly atMs: number;
}

/** Each write has a number of its own, which stands in its locator behind the place. */
export class MemoryBackend implements Backend {
  readonly kind: BackendKind;
  readonly maxBytes: number;
  readonly entries = new Map<string, Entry>();
  private readonly nowMs: () => number;
  private count = 0;

  constructor(kind: BackendKind, maxBytes: number, nowMs: () => number) {
    this.kind = kind;
    this.maxBytes = maxBytes;
    this.nowMs = nowMs;
  }

  write(name: string, text: string): string {
    checkText(this.kind, name, text, this.maxBytes);
    const locator = makeLocator([`memory-${this.kind}`, String(++this.count)], name);
    this.entries.set(locator, {name, text, atMs: this.nowMs()});
    return locator;
  }

  read(locator: string): string | null {
    this.check(locator);
    return this.entries.get(locator)?.text ?? null;
  }

  remove(locator: string): boolean {
    this.check(locator);
    return this.entries.delete(locator);
  }

  list(namePrefix: string): readonly StoredText[] {
    if (this.kind === 'cache') return [];
    return [...this.entries]
      .filter(([, {name}]) => name.startsWith(namePrefix))
      .map(([locator, {name, text, atMs}]) => ({locator, name, bytes: utf8Bytes(text), atMs}));
  }

  private check(locator: string): void {
    if (locate(locator, 2).places[0] !== `memory-${this.kind}`) throw foreign(this.kind, 'Another memory.');
  }
}

/** All four of them. */
export function memoryBackends(nowMs: () => number): {readonly [Kind in keyof Required<Backends>]: MemoryBackend} {
  const make = (kind: BackendKind, maxBytes: number): MemoryBackend => new MemoryBackend(kind, maxBytes, nowMs);
  return {
    properties: make('properties', 30_000),
    cache: make('cache', 100_000),
    drive: make('drive', 10_000_000),
    sheet: make('sheet', 2_000_000),
  };
}
