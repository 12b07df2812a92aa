/**
 * Runs single tests of bundled test files, on orders of its parent process: jest takes seconds to start, and a mutant
 * that is killed needs one test. Knows as much of jest as those files use.
 */
import {expect} from 'expect';
import fc from 'fast-check';
import {fn, spyOn} from 'jest-mock';
import {createRequire} from 'node:module';
import {resolve} from 'node:path';

/** What the parent asks: a test of a file, or without a number how many there are. */
export interface Order {
  readonly path: string;
  /** Files are read anew when it changes. */
  readonly generation: number;
  readonly test: number | null;
}

export interface Reply {
  readonly names: readonly string[];
  /** What the test threw; `null` when it passed. */
  readonly failure: string | null;
  /** Time of this process so far, in milliseconds of its processors. */
  readonly cpuMs: number;
}

interface KnownTest {
  readonly name: string;
  readonly run: () => unknown;
  readonly after: readonly (() => void)[];
}

interface Block {
  readonly name: string;
  readonly after: (() => void)[];
}

type Body = (...row: unknown[]) => unknown;

let blocks: Block[] = [];
let tests: KnownTest[] = [];
let loaded = new Map<string, readonly KnownTest[]>();
let generation = -1;
const load = createRequire(resolve('runner.cjs'));

function test(name: string, run: () => unknown): void {
  const above = blocks.map((block) => block.name);
  tests.push({
    name: [...above, name].filter((part) => part !== '').join(' › '),
    run,
    after: blocks.flatMap(({after}) => after),
  });
}

function describe(name: string, body: () => void): void {
  blocks.push({name, after: []});
  body();
  blocks.pop();
}

/** A test or block for each row of a table, told apart by number. */
function each(make: (name: string, body: () => void) => void) {
  return (table: readonly unknown[]) => (name: string, body: Body) => {
    table.forEach((row, index) => {
      const values: readonly unknown[] = Array.isArray(row) ? row : [row];
      make(`${name} (${index + 1})`, () => body(...values) as undefined);
    });
  };
}

Object.assign(globalThis, {
  test: Object.assign(test, {each: each(test)}),
  describe: Object.assign(describe, {each: each(describe)}),
  afterEach: (run: () => void) => blocks[blocks.length - 1]?.after.push(run),
  jest: {fn, spyOn},
  expect,
});
// The same inputs for every mutant.
fc.configureGlobal({seed: 1});

function testsOf(path: string): readonly KnownTest[] {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  tests = [];
  blocks = [{name: '', after: []}];
  const file = resolve(path);
  Reflect.deleteProperty(load.cache, file);
  load(file);
  loaded.set(path, tests);
  return tests;
}

async function obey(order: Order): Promise<Reply> {
  if (order.generation !== generation) loaded = new Map();
  generation = order.generation;
  let names: readonly string[] = [];
  let failure: string | null = null;
  try {
    const known = testsOf(order.path);
    names = known.map(({name}) => name);
    const chosen = order.test === null ? undefined : known[order.test];
    if (chosen !== undefined) failure = await failureOf(chosen);
  } catch (thrown) {
    failure = String(thrown);
  }
  const {user, system} = process.cpuUsage();
  return {names, failure, cpuMs: (user + system) / 1_000};
}

async function failureOf({run, after}: KnownTest): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (thrown) {
    return String(thrown);
  } finally {
    for (const one of after) one();
  }
}

process.on('message', (order: Order) => {
  void obey(order).then((reply) => process.send?.(reply));
});
