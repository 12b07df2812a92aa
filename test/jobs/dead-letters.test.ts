/** Failed jobs that are put aside and replayed: what goes on, what is told, and kills on the way. */
import type {DeadLetterRecord, FailedJob, JobRecord, PurgeResult, ReplayResult} from '../../src/types';
import type {ServiceCall, Verdict} from '../simulator';
import {DAY_MS, MINUTE_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** A step that fails until somebody mends the script's property. */
const FRAGILE = `
function fragile(ctx) {
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  if (PropertiesService.getScriptProperties().getProperty('mended') === null) throw new Error('broken');
  return 'mended';
}
`;

function mend(lab: Lab): void {
  lab.world.setProperty('script', 'mended', 'yes');
}

const STEPS = [
  step('first'),
  {id: 'fragile', handler: 'fragile', dependsOn: 'first'},
  step('last', {}, {dependsOn: 'fragile'}),
];

/** A job that has failed at its second step. */
function failedJob(lab: Lab, name = 'job', options: object = {maxRetries: 0}): string {
  const record = lab.call('run', {name, steps: STEPS, options});
  expect(record.status).toBe('failed');
  return record.id;
}

function fragileLab(): Lab {
  return newLab({project: pasted(FRAGILE)});
}

const failed = (lab: Lab, filters: object = {}): readonly FailedJob[] => lab.call<FailedJob[]>('listFailed', filters);
const replay = (lab: Lab, request: object = {}): ReplayResult => lab.call<ReplayResult>('replayDlq', request);

describe('a failed job', () => {
  test('is moved, listed, replayed and purged, in the shapes that callers know', () => {
    const lab = fragileLab();
    const id = failedJob(lab);
    expect(failed(lab)).toMatchObject([{jobId: id, name: 'job', status: 'failed', inDlq: false, dlq: null}]);
    const moved = lab.call<DeadLetterRecord>('moveToDlq', id);
    expect(moved).toMatchObject({
      ...{jobId: id, name: 'job', propertyPrefix: 'AST_JOBS_JOB_', sourceStatus: 'failed', state: 'queued'},
      lastError: {message: 'broken', stepId: 'fragile'},
      retry: {
        maxRetries: 0,
        totalAttempts: 1,
        failedStepIds: ['fragile'],
        attemptsByStep: {first: 0, fragile: 1, last: 0},
      },
      replay: {count: 0, lastReplayAt: null},
    });
    expect(lab.call<DeadLetterRecord>('moveToDlq', id).movedAt).toBe(moved.movedAt);
    expect(failed(lab, {inDlq: 'only', includeJob: true})).toMatchObject([
      {jobId: id, inDlq: true, dlq: {state: 'queued', movedAt: moved.movedAt}, job: {id, status: 'failed'}},
    ]);
    expect([failed(lab, {inDlq: 'exclude'}), failed(lab, {dlqState: 'replayed'}), failed(lab, {name: 'x'})]).toEqual([
      ...[[], [], []],
    ]);
    mend(lab);
    const {version} = lab.status(id);
    expect(replay(lab, {name: 'job', limit: 20, maxConcurrency: 1})).toMatchObject({
      ...{status: 'ok', idempotent: false, processed: 1, counts: {replayed: 1, failed: 0, skipped: 0}},
      request: {name: 'job', limit: 20, maxConcurrency: 1, propertyPrefix: null},
      items: [{jobId: id, beforeState: 'queued', resultStatus: 'completed', afterState: 'replayed'}],
    });
    const record = lab.status(id);
    expect(record).toMatchObject({
      ...{status: 'completed', lastError: null, deadLetter: {state: 'replayed', replayedAs: id}},
      results: {first: 'first done', fragile: 'mended', last: 'last done'},
    });
    expect(record.version).toBeGreaterThan(version);
    expect(lab.runs()).toEqual(['first', 'fragile', 'fragile', 'last']);
    expect([failed(lab), replay(lab).processed]).toEqual([[], 0]);
    expect(lab.call<PurgeResult>('purgeDlq', {name: 'job'})).toEqual({
      ...{status: 'ok', deletedCount: 1, deletedJobIds: [id]},
    });
    expect(lab.status(id)).not.toHaveProperty('deadLetter');
    lab.settle();
    lab.expectTidy();
  });

  test('that fails again waits to be replayed once more, and says how often it was', () => {
    const lab = fragileLab();
    lab.call('moveToDlq', failedJob(lab));
    expect(replay(lab)).toMatchObject({
      counts: {replayed: 0, failed: 1},
      items: [{resultStatus: 'failed', afterState: 'queued'}],
    });
    expect(failed(lab)).toMatchObject([
      {dlq: {state: 'queued', replay: {count: 1, lastReplayStatus: 'failed', lastReplayError: {message: 'broken'}}}},
    ]);
    mend(lab);
    expect(replay(lab)).toMatchObject({counts: {replayed: 1}});
  });

  test('with retries left goes on by itself, also when it fails for good much later', () => {
    const lab = fragileLab();
    const {id} = lab.enqueue(STEPS);
    lab.settle();
    lab.call('moveToDlq', id);
    expect(replay(lab)).toMatchObject({items: [{resultStatus: 'paused', afterState: 'replayed'}]});
    expect(lab.status(id).steps[1]).toMatchObject({state: 'pending', attempts: 1});
    lab.settle();
    expect(failed(lab)).toMatchObject([{jobId: id, dlq: {state: 'queued'}}]);
    expect(lab.runs().filter((run) => run.startsWith('first'))).toEqual(['first']);
  });

  test('with many items runs those that failed, and no other', () => {
    const lab = newLab({
      project: pasted(`
        function odd(ctx) {
          Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
          var isMended = PropertiesService.getScriptProperties().getProperty('mended') !== null;
          if (ctx.payload.item % 2 === 1 && !isMended) throw new Error('odd');
          return ctx.payload.item;
        }
      `),
    });
    const request = {
      name: 'items',
      items: {count: 9},
      mapHandler: 'odd',
      reduceHandler: 'total',
      options: {maxRetries: 0},
    };
    const {id} = lab.call('mapReduce', request);
    lab.call('moveToDlq', id);
    const before = lab.runs().length;
    mend(lab);
    expect(replay(lab)).toMatchObject({items: [{resultStatus: 'completed'}]});
    expect(lab.runs().slice(before)).toEqual(['map_2', 'map_4', 'map_6', 'map_8']);
    expect(lab.status(id).results['reduce']).toBe(36);
  });
});

describe('what is refused or left alone', () => {
  test('only failed jobs can be put aside', () => {
    const lab = fragileLab();
    const {id} = lab.enqueue([step('a')]);
    expect(lab.refusal('moveToDlq', id)).toMatchObject({name: 'AstJobsConflictError', code: 'NOT_FAILED'});
    expect(lab.refusal('moveToDlq', 'gone')).toMatchObject({code: 'JOB_NOT_FOUND'});
  });

  test('filters that make no sense', () => {
    const lab = newLab();
    const refusals = [
      lab.refusal('listFailed', {inDlq: 'maybe'}),
      lab.refusal('listFailed', {dlqState: 'gone'}),
      lab.refusal('listFailed', 'all'),
      lab.refusal('replayDlq', []),
      lab.refusal('purgeDlq', {state: 'some'}),
      lab.refusal('replayDlq', {limit: 0}),
    ].map(({code, message}) => [code, message.slice(0, 30)]);
    expect(refusals).toEqual([
      ['INVALID_REQUEST', expect.stringMatching(/^Invalid inDlq filter/)],
      ['INVALID_REQUEST', expect.stringMatching(/^Invalid dlqState filter/)],
      ['INVALID_REQUEST', expect.stringMatching(/^Failed-job filters must be an/)],
      ['INVALID_REQUEST', expect.stringMatching(/^replayDlq request must be/)],
      ['INVALID_REQUEST', expect.stringMatching(/^Invalid purgeDlq state/)],
      ['INVALID_OPTION', expect.stringMatching(/^limit must be/)],
    ]);
  });

  test('age takes no dead letter, a clean-up that names an age does', () => {
    const lab = fragileLab();
    const kept = failedJob(lab, 'kept');
    failedJob(lab, 'other');
    lab.call('moveToDlq', kept);
    lab.pass(40 * DAY_MS);
    lab.enqueue([step('a')], {name: 'later'});
    lab.settle();
    expect(failed(lab).map(({name}) => name)).toEqual(['kept']);
    expect(lab.status(kept)).toMatchObject({results: {first: 'first done'}});
    mend(lab);
    expect(replay(lab)).toMatchObject({counts: {replayed: 1}});
    const again = failedJobOf(lab);
    lab.call('moveToDlq', again);
    lab.call('cleanup', {olderThanDays: 0, status: 'failed'});
    expect(failed(lab)).toEqual([]);
  });

  function failedJobOf(lab: Lab): string {
    return lab.call('run', {name: 'again', steps: [step('a', {failures: 9})], options: {maxRetries: 0}}).id;
  }

  test('a folded one is skipped, with the reason', () => {
    const lab = fragileLab();
    const id = failedJob(lab);
    lab.pass(8 * DAY_MS);
    lab.call('cleanup');
    expect(lab.status(id).folded).toBe(true);
    lab.call('moveToDlq', id);
    const result = replay(lab);
    expect(result.counts).toEqual({replayed: 0, failed: 0, skipped: 1});
    expect(result.items).toMatchObject([
      {jobId: id, resultStatus: 'skipped', reason: expect.stringMatching(/were dropped/) as string},
    ]);
  });
});

describe('an idempotency key', () => {
  test('replays once and tells what it did', () => {
    const lab = fragileLab();
    for (const name of ['one', 'two', 'three']) lab.call('moveToDlq', failedJob(lab, name));
    mend(lab);
    const first = replay(lab, {idempotencyKey: 'k', maxConcurrency: 2});
    expect(first).toMatchObject({idempotent: false, processed: 2, counts: {replayed: 2}});
    const second = replay(lab, {idempotencyKey: 'k', maxConcurrency: 2});
    expect(second).toMatchObject({idempotent: true, processed: 2, counts: {replayed: 2}});
    const versions = ({items}: ReplayResult): object =>
      Object.fromEntries(items.map(({jobId, jobVersion}) => [jobId, jobVersion]));
    expect(versions(second)).toEqual(versions(first));
    expect(Object.values(versions(first))).toEqual([expect.any(Number), expect.any(Number)]);
    expect(failed(lab).map(({name}) => name)).toEqual(['one']);
  });
});

describe('a replay is done once', () => {
  const isWrite = ({method, args}: ServiceCall): boolean =>
    /^(set|delete)Property$/.test(method) && String(args[0]).includes('~');

  function killedAt(point: number, when: 'before' | 'after'): number {
    const lab = fragileLab();
    const id = failedJob(lab);
    lab.call('moveToDlq', id);
    lab.pass(MINUTE_MS);
    mend(lab);
    const before = lab.runs().length;
    let writes = 0;
    lab.world.onCall = (call): Verdict | undefined =>
      isWrite(call) && ++writes === point ? {kind: 'kill', when} : undefined;
    lab.world.start({fn: 'api', args: ['replayDlq', [{idempotencyKey: 'k'}]]});
    lab.settle();
    lab.world.onCall = undefined;
    // Killed before it was reopened, the job is as it was, and the same call does it.
    if (lab.status(id).status === 'failed') replay(lab, {idempotencyKey: 'k'});
    else expect(replay(lab, {idempotencyKey: 'k'})).toMatchObject({idempotent: true, processed: 1});
    expect([point, lab.status(id)]).toMatchObject([
      point,
      {status: 'completed', results: {first: 'first done', fragile: 'mended', last: 'last done'}},
    ]);
    const doubts = lab.status(id).recoveries.flatMap(({inDoubt}) => inDoubt);
    expect(lab.runs().slice(before).length).toBeLessThanOrEqual(2 + doubts.length);
    expect(
      lab
        .runs()
        .slice(before)
        .filter((run) => run.startsWith('first')),
    ).toEqual([]);
    expect(lab.call<JobRecord[]>('list')).toHaveLength(1);
    lab.settle();
    lab.expectTidy();
    return writes;
  }

  test.each(['before', 'after'] as const)('when it is killed %s any write', (when) => {
    const clean = killedAt(0, when);
    expect(clean).toBeGreaterThanOrEqual(4);
    for (let point = 1; point <= clean; point++) killedAt(point, when);
  });

  test('when two replay at once', () => {
    const lab = fragileLab();
    const id = failedJob(lab);
    lab.call('moveToDlq', id);
    mend(lab);
    const before = lab.runs().length;
    for (const delay of [0, 1]) lab.world.start({fn: 'api', args: ['replayDlq', [{}]], atMs: lab.world.nowMs + delay});
    lab.settle();
    expect(lab.runs().slice(before)).toEqual(['fragile', 'last']);
    expect(lab.status(id).status).toBe('completed');
  });
});

describe('a replay', () => {
  const failing = {retry: {maxRetries: 0}};

  test('does not ask again for jobs that were over before the job had started', () => {
    const lab = fragileLab();
    const parent = lab.call('run', {name: 'parent', steps: [step('a')]});
    const child = lab.enqueue(STEPS, {name: 'child', dependencies: [parent.id], options: {maxRetries: 0}});
    lab.settle();
    lab.call('moveToDlq', child.id);
    lab.call('remove', parent.id);
    mend(lab);
    expect(replay(lab).items).toMatchObject([{jobId: child.id, resultStatus: 'completed'}]);
  });

  test('lets jobs go on before those that wait for them', () => {
    const lab = fragileLab();
    const parent = lab.enqueue([{id: 'a', handler: 'fragile', ...failing}], {name: 'parent'});
    const child = lab.enqueue([step('b')], {name: 'child', dependencies: [parent.id]});
    lab.settle();
    for (const id of [parent.id, child.id]) {
      lab.pass(MINUTE_MS);
      lab.call('moveToDlq', id);
    }
    mend(lab);
    expect(replay(lab).items.map(({jobId}) => jobId)).toEqual([parent.id, child.id]);
    lab.settle();
    expect([lab.status(parent.id).status, lab.status(child.id).status]).toEqual(['completed', 'completed']);
  });

  test('gives a job the time that it had at first, each time', () => {
    const lab = fragileLab();
    const {id} = lab.enqueue([{id: 'a', handler: 'fragile', ...failing}], {deadlineMs: DAY_MS});
    lab.settle();
    lab.call('moveToDlq', id);
    for (const days of [5, 1, 3]) {
      lab.pass(days * DAY_MS);
      replay(lab);
      const leftMs = Date.parse(lab.status(id).deadline ?? '') - lab.world.nowMs;
      expect(leftMs).toBeLessThanOrEqual(DAY_MS);
      expect(leftMs).toBeGreaterThan(DAY_MS - MINUTE_MS);
    }
  });

  test.each(['remove', 'purge'])('with a key that was seen takes no other job: %s', (how) => {
    const lab = fragileLab();
    const ids = ['one', 'two'].map((name) => failedJob(lab, name));
    for (const id of ids) lab.call('moveToDlq', id);
    lab.pass(MINUTE_MS);
    replay(lab, {idempotencyKey: 'k'});
    if (how === 'remove') lab.call('remove', ids[0]);
    if (how === 'purge') lab.call('purgeDlq', {name: 'one', state: 'queued'});
    const third = failedJob(lab, 'three');
    lab.pass(MINUTE_MS);
    lab.call('moveToDlq', third);
    expect(replay(lab, {idempotencyKey: 'k'})).toMatchObject({idempotent: true});
    expect(lab.status(third).deadLetter?.state).toBe('queued');
  });
});
