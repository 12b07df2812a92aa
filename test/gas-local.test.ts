// The built file beside a host's, in a folder that gas-local loads, as people test their scripts on Node.
import {copyFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import gas from 'gas-local';

const HOST = `
function runReport() {
  return AST.Jobs.mapReduce({name: 'report', items: [1, 2, 3], mapHandler: 'square', reduceHandler: 'total'});
}
function enqueueReport() {
  return AST.Jobs.chain({name: 'later', mode: 'enqueue', tasks: [{handler: 'square', payload: {item: 7}}]});
}
function resumeReport(id) { return AST.Jobs.resume(id); }
function square(ctx) { return ctx.payload.item * ctx.payload.item; }
function total(ctx) { return ctx.payload.mapStepIds.reduce(function (sum, id) { return sum + ctx.results[id]; }, 0); }
`;

interface Job {
  readonly id: string;
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly wakeUp: {readonly problem?: string} | null;
}

type Host = Readonly<Record<'runReport' | 'enqueueReport' | 'resumeReport', (...args: unknown[]) => Job>>;

/** The services that the library needs at the least, as a test of a script would fake them. */
function services(stored: Map<string, string>): Record<string, unknown> {
  const properties = {
    getProperty: (key: string) => stored.get(key) ?? null,
    getProperties: () => Object.fromEntries(stored),
    setProperty: (key: string, value: string) => stored.set(key, value),
    deleteProperty: (key: string) => stored.delete(key),
  };
  const lock = {tryLock: () => true, releaseLock: () => undefined};
  return {
    PropertiesService: {getScriptProperties: () => properties},
    LockService: {getScriptLock: () => lock},
    Utilities: {sleep: () => undefined},
  };
}

describe('gas-local', () => {
  let folder: string;
  let stored: Map<string, string>;
  /** A fresh object gives a fresh realm, as each execution has on Google. */
  const load = (): Host => gas.require(folder, services(stored)) as Host;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ast-jobs-gas-local-'));
    copyFileSync('dist/Code.js', join(folder, 'Code.js'));
    writeFileSync(join(folder, 'Main.js'), HOST);
    stored = new Map();
  });

  afterEach(() => rmSync(folder, {recursive: true}));

  test('runs a job', () => {
    expect(load().runReport()).toMatchObject({
      status: 'completed',
      results: {map_1: 1, map_2: 4, map_3: 9, reduce: 14},
    });
  });

  test('resumes a job of another execution; without ScriptApp the record says that nothing else would', () => {
    const {id, wakeUp} = load().enqueueReport();
    expect(wakeUp?.problem).toBe('Triggers are not available here: call resume yourself.');
    expect(load().resumeReport(id)).toMatchObject({status: 'completed', results: {chain_step_1: 49}});
  });
});
