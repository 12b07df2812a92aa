/** What looking at jobs costs: calls, and what is decoded on the way. */
import type {JobRecord} from '../../src/types';
import {crowdAddress, mapJob, smallJobs} from '../support/crowds';
import type {Values} from '../support/holds';
import {pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** `probe` counts what is parsed as JSON: characters, texts with items, and texts with more than one result. */
const PROBE = `
function probe(method, args) {
  var parse = JSON.parse, seen = [];
  JSON.parse = function (text, reviver) { seen.push(text); return parse(text, reviver); };
  try { AST.Jobs[method].apply(null, args); } finally { JSON.parse = parse; }
  return {
    chars: seen.reduce(function (sum, text) { return sum + text.length; }, 0),
    items: seen.filter(function (text) { return text.indexOf('"row-') >= 0; }).length,
    results: seen.filter(function (text) { return text.split('result of').length > 2; }).length,
  };
}
`;

interface Probe {
  readonly chars: number;
  readonly items: number;
  readonly results: number;
}

/** A lab in whose store these jobs are. */
function labWith(values: Values): Lab {
  const lab = newLab({project: pasted(PROBE)});
  for (const [key, value] of Object.entries(values)) lab.world.setProperty('script', key, value);
  return lab;
}

const probe = (lab: Lab, method: string, ...args: unknown[]): Probe => lab.world.call('probe', [method, args]) as Probe;
const lastCalls = (lab: Lab): number => lab.world.executions.at(-1)?.calls ?? 0;

test('status of ten thousand items, a page of them, and a list of five hundred jobs take one call each', () => {
  const {id} = crowdAddress(0);
  const lab = labWith({...mapJob(10_000), ...smallJobs(499)});
  const record = lab.status(id);
  expect(lastCalls(lab)).toBe(1);
  expect(record).toMatchObject({status: 'completed', orchestration: {children: {counts: {completed: 10_000}}}});
  expect(record.steps).toHaveLength(1);
  const page = lab.call<JobRecord>('status', id, {steps: {offset: 9_990, limit: 10}});
  expect(lastCalls(lab)).toBe(1);
  expect(page.results['item_10000']).toBe('result of row-9999');
  const rows = lab.call<JobRecord[]>('list', {limit: 1_000});
  expect([rows.length, lastCalls(lab)]).toEqual([500, 1]);
  const large = rows.find((row) => row.id === id);
  expect(large).toMatchObject({status: 'completed', steps: [], results: {}});
  expect(large?.orchestration?.children.counts).toMatchObject({total: 10_000, completed: 10_000});
  expect(rows[0]).toMatchObject({status: 'completed', results: {s0: 0, s1: 1}});
});

test('a row without steps decodes neither the items nor a result', () => {
  const lab = labWith(mapJob(300));
  const full = probe(lab, 'list', {}, {details: true});
  const brief = probe(lab, 'list', {});
  expect([full.items > 0, full.results > 0]).toEqual([true, true]);
  expect(brief).toMatchObject({items: 0, results: 0});
  expect(brief.chars).toBeLessThan(2_000);
});

test('rows say the same of jobs as their status, whatever state these are in', () => {
  const lab = newLab();
  lab.call('run', {name: 'done', steps: [step('a')]});
  lab.call('run', {name: 'failed', steps: [step('a', {failures: 1})], options: {maxRetries: 0}});
  lab.call('run', {name: 'retrying', steps: [step('a', {failures: 1}), step('b')]});
  lab.enqueue([step('a')], {name: 'queued'});
  lab.call('cancel', lab.enqueue([step('a')], {name: 'canceled'}).id);
  const rows = lab.call<JobRecord[]>('list', {}, {details: false});
  expect(rows).toHaveLength(5);
  for (const row of rows) expect(row).toEqual({...lab.status(row.id), steps: [], results: {}, wakeUp: row.wakeUp});
});
