/** A host that is changed while its jobs are open: handlers gone and back, broken code, other versions of the library. */
import type {JobRecord} from '../../src/types';
import type {ProjectSource} from '../simulator';
import {BUNDLE} from '../support/hosts';
import {asLibrary, HOST, HOUR_MS, inLine, MINUTE_MS, pasted, step, useLabs, withoutGlue, type Lab} from './lab';

const newLab = useLabs();

const EXTRA = `function extra(ctx) { return act(ctx); }`;

function extra(id: string, more: object = {}): {id: string; handler: string; payload: object} {
  return {id, handler: 'extra', payload: {ms: 60_000}, ...more};
}

/** The host beside a bundle of another version. */
function withBundle(bundle: string): ProjectSource {
  return {
    files: [
      {name: 'Code.js', source: bundle},
      {name: 'Main.js', source: HOST},
    ],
  };
}

function untilStep(lab: Lab, id: string): void {
  lab.world.runWhile(() => lab.runs().at(-1) !== id, HOUR_MS);
}

describe('a handler that is gone', () => {
  test('makes the job wait, and it goes on by itself when the handler is back', () => {
    const lab = newLab({project: asLibrary(EXTRA)});
    const {id} = lab.enqueue([step('a', {ms: 200_000}), extra('b', {dependsOn: 'a'}), step('c', {}, {dependsOn: 'b'})]);
    untilStep(lab, 'a');
    lab.world.deploy(asLibrary());
    lab.pass(HOUR_MS);
    expect(lab.status(id)).toMatchObject({
      ...{status: 'paused', waiting: {reason: 'handler', untilMs: null}, lastError: null, results: {a: 'a done'}},
      steps: [{state: 'completed'}, {state: 'pending', attempts: 0}, {state: 'pending'}],
    });
    // It costs a look of the watchdog, no more.
    expect(lab.world.triggers().map((trigger) => trigger.kind)).toEqual(['recurring']);
    const {version} = lab.status(id);
    expect(lab.call('resume', id)).toMatchObject({status: 'paused', waiting: {reason: 'handler'}});
    lab.pass(3 * HOUR_MS);
    expect(lab.status(id).version).toBe(version);
    lab.world.deploy(asLibrary(EXTRA));
    lab.settle(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['a', 'b', 'c']);
    lab.expectTidy();
  });

  test('is what a job waits for that was stopped, whose execution was killed, and that somebody resumes', () => {
    const lab = newLab({project: pasted(EXTRA)});
    const {id} = lab.enqueue([extra('b')]);
    untilStep(lab, 'b');
    lab.call('pause', id);
    const victim = lab.world.executions.find(({end}) => end === 'running');
    if (victim !== undefined) lab.world.kill(victim);
    lab.world.deploy(pasted());
    lab.pass(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'user'}});
    expect(lab.call('resume', id)).toMatchObject({status: 'paused', waiting: {reason: 'handler'}});
    lab.world.deploy(pasted(EXTRA));
    lab.settle(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: [{inDoubt: ['b']}]});
    lab.expectTidy();
  });

  test('holds up its own branch alone', () => {
    const lab = newLab({project: pasted(EXTRA)});
    const {id} = lab.enqueue([extra('b'), step('a', {ms: 200_000}), step('c', {ms: 200_000}, {dependsOn: 'a'})]);
    lab.world.deploy(pasted());
    lab.pass(HOUR_MS);
    expect(lab.status(id)).toMatchObject({waiting: {reason: 'handler'}, results: {a: 'a done', c: 'c done'}});
    lab.world.deploy(pasted(EXTRA));
    lab.settle(HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
  });

  test('does not hold up other jobs', () => {
    const lab = newLab({project: pasted(EXTRA)});
    lab.enqueue([extra('b')]);
    const other = lab.enqueue(inLine(3, {ms: 150_000}), {name: 'other'}).id;
    lab.world.deploy(pasted());
    lab.pass(HOUR_MS);
    expect(lab.status(other).status).toBe('completed');
  });

  test('and fell out of the allow-list, which hides every other function', () => {
    const bind = (names: string): string => `ASTX.Jobs.bind(globalThis, {handlers: {${names}}});`;
    const lab = newLab({project: asLibrary(EXTRA, bind('act, extra'))});
    const {id} = lab.enqueue([extra('b')]);
    lab.world.deploy(asLibrary(EXTRA, bind('act')));
    lab.pass(30 * MINUTE_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'handler'}});
    expect(lab.refusal('enqueue', {name: 'job', steps: [extra('b')]}).code).toBe('HANDLER_NOT_FOUND');
    expect(lab.refusal('enqueue', {name: 'job', steps: [{id: 'a', handler: 'toString'}]}).code).toBe(
      'HANDLER_NOT_FOUND',
    );
    lab.world.deploy(asLibrary(EXTRA, bind('act, extra')));
    lab.settle(HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
  });

  test('while the job waits for a retry, makes it wait for the handler when the retry is due', () => {
    const lab = newLab({project: pasted(EXTRA)});
    const {id} = lab.enqueue([extra('b', {payload: {failures: 1}})]);
    untilStep(lab, 'b');
    lab.world.deploy(pasted());
    lab.pass(30 * MINUTE_MS);
    expect(lab.status(id)).toMatchObject({waiting: {reason: 'handler'}, steps: [{attempts: 1}]});
    lab.world.deploy(pasted(EXTRA));
    lab.settle(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', steps: [{attempts: 1}]});
    expect(lab.runs()).toEqual(['b', 'b/2']);
  });
});

describe('a host that', () => {
  test('cannot be loaded for an hour loses no job', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 150_000}));
    untilStep(lab, 's1');
    lab.world.deploy(pasted('null.broken;'));
    lab.pass(HOUR_MS);
    lab.world.deploy(pasted());
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
    lab.expectTidy();
  });

  test('loses the function for its triggers is told so, and goes on when it is back', () => {
    const lab = newLab({project: asLibrary()});
    const {id} = lab.enqueue(inLine(3, {ms: 150_000}));
    untilStep(lab, 's1');
    lab.world.deploy(withoutGlue());
    lab.pass(30 * MINUTE_MS);
    expect(lab.status(id).wakeUp).toMatchObject({
      at: null,
      problem: expect.stringContaining('astJobsWorker') as string,
    });
    lab.world.deploy(asLibrary());
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    lab.expectTidy();
  });
});

describe('versions of the library', () => {
  // A version with other names inside and another schema, as far as text can make one.
  const OTHER = BUNDLE.replace(/ast-jobs \d+\.\d+\.\d+/, 'ast-jobs 9.9.9');
  const withSchemas = (schema: number, ofTerms: number): string =>
    OTHER.replace('var SCHEMA = 2;', `var SCHEMA = ${schema};`).replace(
      'var SCHEMA_OF_TERMS = 3;',
      `var SCHEMA_OF_TERMS = ${ofTerms};`,
    );
  const NEXT = withSchemas(4, 5);
  const OLDER = withSchemas(1, 1);

  test('may alternate on one store', () => {
    expect(OTHER).not.toBe(BUNDLE);
    const lab = newLab();
    const ids = ['one', 'two'].map((name) => lab.enqueue(inLine(4, {ms: 150_000, chars: 4_000}), {name}).id);
    for (let turn = 0; turn < 12; turn++) {
      lab.world.deploy(withBundle(turn % 2 === 0 ? OTHER : BUNDLE));
      lab.pass(3 * MINUTE_MS);
    }
    lab.settle(6 * HOUR_MS);
    for (const id of ids) expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    for (const name of ['one', 'two']) expect(lab.runs(name)).toEqual(['s1', 's2', 's3', 's4']);
    lab.expectTidy();
  });

  test('of an older schema leave a newer job alone, and it ends when the newer version is back', () => {
    expect(NEXT).not.toBe(OTHER);
    const lab = newLab({project: withBundle(NEXT)});
    const {id} = lab.enqueue(inLine(4, {ms: 150_000}));
    untilStep(lab, 's2');
    lab.world.deploy(withBundle(BUNDLE));
    lab.pass(HOUR_MS);
    expect(lab.refusal('status', id).code).toBe('SCHEMA_NEWER');
    expect(lab.call<JobRecord[]>('list')).toMatchObject([{id, status: 'damaged'}]);
    const runs = lab.runs().length;
    lab.pass(3 * HOUR_MS);
    expect(lab.runs()).toHaveLength(runs);
    lab.world.deploy(withBundle(NEXT));
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4']);
  });

  test('of an older schema are followed by this one in the middle of a job', () => {
    expect(OLDER).not.toBe(OTHER);
    const lab = newLab({project: withBundle(OLDER)});
    const {id} = lab.enqueue(inLine(4, {ms: 150_000}));
    untilStep(lab, 's2');
    const header = (): string =>
      lab.world.store('script').get(lab.jobKeys().find((key) => key.endsWith('~h')) ?? '') ?? '';
    expect(header()).toMatch(/^\{"v":1,/);
    lab.world.deploy(withBundle(BUNDLE));
    expect(lab.status(id)).toMatchObject({status: 'running', results: {s1: 's1 done'}});
    lab.settle(6 * HOUR_MS);
    expect(header()).toMatch(/^\{"v":2,/);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4']);
    lab.expectTidy();
  });
});
