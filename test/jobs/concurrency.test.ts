/**
 * Several executions at once on three jobs, by chance: passes by hand, resumes, a cancel, an enqueue, doubled triggers.
 * A sample of seeds each time; `AST_JOBS_SEEDS=200 jest test/jobs/concurrency` for more.
 */
import type {JobRecord} from '../../src/types';
import {seededRandom, type Random} from '../simulator';
import {HOUR_MS, inLine, Lab, MINUTE_MS, step} from './lab';

const SEEDS = Array.from({length: Number(process.env['AST_JOBS_SEEDS'] ?? 20)}, (_none, index) => index + 1);

interface Run {
  readonly job: string;
  readonly step: string;
  readonly executionId: number;
  readonly startMs: number;
  endMs: number;
}

/** Handler calls with their beginning and end; a call that was killed ends with its execution. */
function handlerCalls(lab: Lab): readonly Run[] {
  const calls: Run[] = [];
  for (const {name, data, executionId, atMs} of lab.world.effects) {
    const {job, step: stepId} = data as {job: string; step: string};
    const endOfExecution = lab.world.executions[executionId - 1]?.endMs ?? Infinity;
    if (name === 'run') calls.push({job, step: stepId, executionId, startMs: atMs, endMs: endOfExecution});
    else {
      const open = calls.findLast((call) => call.executionId === executionId && call.step === stepId);
      if (open !== undefined) open.endMs = atMs;
    }
  }
  return calls;
}

const ALLOWED = ['LEASE_HELD', 'ALREADY_FINAL'];

/** What is wrong after everything came to rest; empty when nothing is. */
function problemsOf(lab: Lab, canceled: string): readonly string[] {
  const problems: string[] = [];
  const calls = handlerCalls(lab);
  const refusals: string[] = [];
  for (const execution of lab.world.executions) {
    const {error} = (execution.value ?? {}) as {error?: {code?: string; message: string}};
    if (execution.end === 'error') problems.push(`${execution.fn} threw ${execution.error?.message ?? ''}`);
    if (error !== undefined) refusals.push(error.code ?? error.message);
  }
  for (const code of refusals) if (!ALLOWED.includes(code)) problems.push(`refused with ${code}`);
  for (const record of lab.call<JobRecord[]>('list')) {
    const ends = record.name === canceled ? ['completed', 'canceled'] : ['completed'];
    if (!ends.includes(record.status)) problems.push(`${record.name} is ${record.status}`);
    const inDoubt = record.recoveries.flatMap((recovery) => recovery.inDoubt);
    const own = calls.filter((call) => call.job === record.name);
    for (const {id, state} of record.steps) {
      const runs = own.filter((call) => call.step === id).length;
      const explained = 1 + inDoubt.filter((stepId) => stepId === id).length;
      if (runs > explained) problems.push(`${record.name}/${id} ran ${runs} times, ${explained} are explained`);
      if (state === 'completed' && record.results[id] !== `${id} done`)
        problems.push(`${record.name}/${id} lost its result`);
      if (record.status === 'completed' && state !== 'completed') problems.push(`${record.name}/${id} is ${state}`);
    }
    problems.push(...overlaps(record.name === canceled ? [] : own));
  }
  if (lab.world.triggers().length > 0) problems.push('left triggers');
  return problems;
}

/** Handlers of one job that ran at the same time in two executions. */
function overlaps(calls: readonly Run[]): readonly string[] {
  const problems: string[] = [];
  for (const one of calls) {
    for (const other of calls) {
      const isLater = other.executionId > one.executionId;
      if (isLater && one.startMs < other.endMs && other.startMs < one.endMs)
        problems.push(`${one.job}: ${one.step} and ${other.step} at once`);
    }
  }
  return problems;
}

/** Starts actions at chance times around the jobs' due time. */
function disturb(lab: Lab, random: Random, ids: readonly string[]): void {
  const {world} = lab;
  const pick = (): string => ids[Math.floor(random() * ids.length)] ?? '';
  const at = (): number => world.nowMs + Math.round((0.5 + random() * 4) * MINUTE_MS);
  const start = (method: string, ...args: unknown[]): void => {
    world.start({fn: 'api', args: [method, args], atMs: at()});
  };
  start('work');
  start('work');
  for (let count = 0; count < 3; count++) start('resume', pick());
  start('cancel', ids[2] ?? '');
  start('enqueue', {name: 'fourth', steps: inLine(2, {ms: 3_000})});
  world.onFiring = () => (random() < 0.3 ? 'double' : random() < 0.1 ? 'lost' : 'fire');
}

function labWithJobs(seed: number): {lab: Lab; ids: readonly string[]} {
  const lab = new Lab({seed, jitter: 0.5});
  const shapes = [
    inLine(3, {ms: 20_000}),
    [step('a', {ms: 8_000}), step('b', {ms: 8_000, chars: 0}), step('c', {ms: 100}, {dependsOn: ['a', 'b']})],
    inLine(12, {ms: 3_000}),
  ];
  const ids = shapes.map((steps, index) => lab.enqueue(steps, {name: `job${index + 1}`}).id);
  return {lab, ids};
}

test.each(SEEDS)('three jobs end right whatever meets whatever (seed %i)', (seed) => {
  const {lab, ids} = labWithJobs(seed);
  disturb(lab, seededRandom(seed), ids);
  const {isSettled, pending} = lab.world.settle({horizonMs: 12 * HOUR_MS});
  const problems = [...problemsOf(lab, 'job3'), ...(isSettled ? [] : [pending])];
  const timeline = problems.length === 0 ? '' : lab.world.describe();
  lab.world.close();
  expect([problems, timeline]).toEqual([[], '']);
});

test.each(SEEDS.slice(0, Math.ceil(SEEDS.length / 2)))('and with kills at any call (seed %i)', (seed) => {
  const {lab, ids} = labWithJobs(seed);
  const random = seededRandom(1_000 + seed);
  disturb(lab, random, ids);
  let kills = 0;
  lab.world.onCall = () =>
    kills < 5 && random() < 0.03 && ++kills > 0 ? {kind: 'kill', when: random() < 0.5 ? 'before' : 'after'} : undefined;
  const {isSettled, pending} = lab.world.settle({horizonMs: 24 * HOUR_MS});
  lab.world.onCall = undefined;
  const problems = [...problemsOf(lab, 'job3'), ...(isSettled ? [] : [pending])];
  const timeline = problems.length === 0 ? '' : lab.world.describe();
  lab.world.close();
  expect([problems, timeline]).toEqual([[], '']);
});

test('two requests at the same instant are both accepted, and each job has its triggers', () => {
  const lab = new Lab({jitter: 0.5});
  lab.enqueue([step('first')], {name: 'first'});
  for (let index = 0; index < 6; index++)
    lab.world.start({fn: 'api', args: ['enqueue', [{name: `job${index}`, steps: inLine(2, {ms: 60_000})}]]});
  lab.settle();
  const rows = lab.call<JobRecord[]>('list');
  expect(rows.map((row) => row.status)).toEqual(Array.from({length: 7}, () => 'completed'));
  lab.expectTidy();
  lab.world.close();
});

test('two resumes of one job at the same instant: one runs it, the other is told', () => {
  const lab = new Lab({jitter: 0.5});
  const {id} = lab.enqueue(inLine(3, {ms: 10_000}));
  const both = [1, 2].map(() => lab.world.start({fn: 'api', args: ['resume', [id]]}));
  lab.settle();
  const outcomes = both.map((execution) => execution.value as {value?: JobRecord; error?: {code: string}});
  expect(outcomes.map((outcome) => outcome.value?.status ?? outcome.error?.code).sort()).toEqual([
    ...['LEASE_HELD', 'completed'],
  ]);
  expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  lab.world.close();
});
