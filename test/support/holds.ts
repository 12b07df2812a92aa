/** One hold of the lock on a store in plain memory, for tests of what is decided and written under it. */
import type {Ports} from '../../src/engine/ports';
import {makeJobId, type JobAddress} from '../../src/core/keys';
import {utf8Bytes} from '../../src/core/bytes';
import {withHold, type Hold} from '../../src/engine/hold';
import {MemoryWorld} from './memory-ports';
import {ADDRESS, AT_MS, storedJob, type StoredParts} from './stored';

export type Values = Readonly<Record<string, string>>;

/** What came of a hold, and what it left behind. */
export interface Held<Result> {
  readonly got: Result;
  readonly left: Values;
  readonly world: MemoryWorld;
}

/** Runs one hold on a store, at `AT_MS`; `prepare` may change the world before. */
export function during<Result>(
  values: Values,
  act: (hold: Hold, ports: Ports) => Result,
  prepare: (world: MemoryWorld) => void = () => undefined,
): Held<Result> {
  const world = worldOf(values);
  prepare(world);
  const got = world.execute((ports) => withHold(ports, (hold) => act(hold, ports)));
  return {got, left: Object.fromEntries(world.values), world};
}

/** A world at `AT_MS` with a store. */
export function worldOf(values: Values): MemoryWorld {
  const world = new MemoryWorld();
  world.nowMs = AT_MS;
  for (const [key, value] of Object.entries(values)) world.values.set(key, value);
  return world;
}

export function addressOf(number: number, bornMs = AT_MS): JobAddress {
  return {prefix: ADDRESS.prefix, id: makeJobId(bornMs, [number / 100, 0])};
}

/** A job under an address of its own. */
export function jobAt(address: JobAddress, parts: StoredParts): Values {
  const moved = Object.entries(storedJob(parts)).map(([key, text]) =>
    [key, text].map((one) => one.replaceAll(ADDRESS.id, address.id)),
  );
  return Object.fromEntries(moved) as Values;
}

/** Host's properties of so many bytes together. */
export function hostOf(bytes: number): Values {
  const keys: Record<string, string> = {};
  for (let left = bytes, number = 0; left > 0; left -= 8_000, number++) {
    const key = `host${String(number).padStart(3, '0')}`;
    keys[key] = 'h'.repeat(Math.min(left, 8_000) - key.length);
  }
  return keys;
}

export const sizeOf = (values: Values): number =>
  Object.entries(values).reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
