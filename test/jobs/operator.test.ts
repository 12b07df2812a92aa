/** What an operator does: `install`, `stop`, and requests from where no trigger can be made. */
import {DAY_MS, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();
const SCOPE = 'https://www.googleapis.com/auth/script.scriptapp';

function kinds(lab: Lab): readonly string[] {
  return lab.world.triggers().map((trigger) => trigger.kind);
}

describe('install', () => {
  test('makes the watchdog once, and it stays when nothing is open', () => {
    const lab = newLab();
    expect(lab.call('install')).toEqual({watchdog: {everyMinutes: 10, triggerHandler: 'astJobsWorker'}});
    const before = lab.world.triggers();
    lab.call('install');
    lab.enqueue([step('a')]);
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual(['a']);
    expect(lab.world.triggers().map((trigger) => trigger.uid)).toEqual(before.map((trigger) => trigger.uid));
  });

  test('takes over the watchdog of a job, with another period', () => {
    const lab = newLab();
    lab.enqueue([step('a')]);
    lab.call('install', {everyMinutes: 30});
    lab.pass(2 * HOUR_MS);
    expect(lab.world.triggers()).toMatchObject([{kind: 'recurring', everyMs: 30 * MINUTE_MS}]);
  });

  test('is undone by stop', () => {
    const lab = newLab();
    lab.call('install');
    expect(lab.call('stop')).toEqual({triggersDeleted: 1, jobsPaused: 0, jobsDeleted: 0});
    lab.expectTidy();
    lab.enqueue([step('a')]);
    lab.settle();
    lab.expectTidy();
  });
});

describe('onEdit, where no trigger can be made', () => {
  const LIMITED = {authMode: 'LIMITED'} as const;
  const request = {name: 'edit', steps: [step('a')]};

  test('a job is accepted when the watchdog stands', () => {
    const lab = newLab();
    lab.call('install');
    const record = lab.callAs(LIMITED, 'enqueue', request);
    expect(record).toMatchObject({status: 'queued'});
    expect(Date.parse(record.wakeUp?.at ?? '') - Date.parse(record.createdAt)).toBeLessThanOrEqual(11 * MINUTE_MS);
    lab.pass(12 * MINUTE_MS);
    expect(lab.status(record.id).status).toBe('completed');
  });

  test('a job is refused without one: the error names the scope and the way out, and nothing is stored', () => {
    const lab = newLab();
    const refusal = lab.refusalAs(LIMITED, 'enqueue', request);
    expect(refusal).toMatchObject({
      name: 'AstJobsCapabilityError',
      code: 'TRIGGERS_UNAVAILABLE',
      details: {scope: SCOPE},
    });
    expect(refusal.message).toContain(SCOPE);
    expect(refusal.message).toContain('install()');
    expect(lab.world.store('script').size).toBe(0);
  });

  test('a job without autoResume is accepted', () => {
    const lab = newLab();
    expect(lab.callAs(LIMITED, 'enqueue', {...request, options: {autoResume: false}}).status).toBe('queued');
  });

  test('looking and canceling are allowed', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a')]);
    expect(lab.callAs(LIMITED, 'status', id).id).toBe(id);
    expect(lab.callAs(LIMITED, 'cancel', id).status).toBe('canceled');
  });

  // onEdit has 30 s, and a refusal in another language looks like an error that passes.
  test('a job is accepted in good time where Google speaks another language', () => {
    const lab = newLab({
      project: pasted(`
        function deny() { throw new Error('Sie sind nicht berechtigt, ScriptApp aufzurufen.'); }
        function onEdit(request) {
          ScriptApp = {newTrigger: deny, getProjectTriggers: deny, deleteTrigger: deny};
          return AST.Jobs.enqueue(request).status;
        }`),
    });
    lab.call('install');
    const startedMs = lab.world.nowMs;
    expect(lab.world.call('onEdit', [request], LIMITED)).toBe('queued');
    expect(lab.world.nowMs - startedMs).toBeLessThan(5 * SECOND_MS);
  });
});

describe('stop', () => {
  test('leaves no trigger and runs nothing until somebody resumes', () => {
    const lab = newLab();
    const queued = lab.enqueue(inLine(2)).id;
    const waiting = lab.enqueue([step('a', {failures: 1})], {name: 'waiting'}).id;
    const done = lab.call('run', {name: 'done', steps: [step('a')]}).id;
    lab.call('resume', waiting);
    expect(lab.call('stop')).toEqual({triggersDeleted: 2, jobsPaused: 2, jobsDeleted: 0});
    expect(kinds(lab)).toEqual([]);
    const before = lab.runs().length;
    lab.pass(2 * DAY_MS);
    expect(lab.runs()).toHaveLength(before);
    for (const id of [queued, waiting])
      expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'user', untilMs: null}});
    expect(lab.status(done).status).toBe('completed');
    expect(lab.call('resume', queued).status).toBe('completed');
    expect(lab.call('resume', waiting).status).toBe('completed');
    lab.settle();
    lab.expectTidy();
  });

  test('stops a running job at its next step', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 20_000}));
    lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
    expect(lab.call('stop')).toMatchObject({jobsPaused: 1});
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual(['s1', 's2']);
    const record = lab.status(id);
    expect(record).toMatchObject({
      status: 'paused',
      waiting: {reason: 'user'},
      results: {s2: 's2 done'},
      recoveries: [],
    });
    expect(lab.call('resume', id).status).toBe('completed');
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4']);
  });

  // The worker learns of it when five seconds have passed; what it commits until then counts.
  test('runs nothing again that the worker has done before it learned of it', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(15, {ms: 1_000}));
    lab.world.runWhile(() => lab.runs().length < 6, HOUR_MS);
    lab.call('stop');
    lab.pass(HOUR_MS);
    expect(lab.runs().length).toBeLessThan(15);
    expect(lab.call('resume', id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(Array.from({length: 15}, (_none, index) => `s${index + 1}`));
  });

  test('leaves no trigger where a worker was just running', () => {
    const lab = newLab();
    lab.enqueue(inLine(4, {ms: 20_000}));
    lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
    lab.call('stop');
    lab.pass(2 * HOUR_MS);
    expect(kinds(lab)).toEqual([]);
  });

  test('lets the last trigger go after a later job', () => {
    const lab = newLab();
    lab.enqueue(inLine(2));
    lab.call('stop');
    lab.enqueue([step('later')], {name: 'later'});
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual(['later']);
    expect(kinds(lab)).toEqual([]);
  });

  test('shows no wake-up where only a person can go on', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2));
    lab.call('stop');
    lab.call('install');
    expect(lab.status(id).wakeUp?.at ?? null).toBeNull();
  });

  test('with data leaves nothing of this library and everything of the host', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_JOB_mine', 'of the host');
    lab.world.setProperty('script', 'AST_JOBS_DEFAULT_MAX_RETRIES', '1');
    lab.enqueue(inLine(2), {options: {propertyPrefix: 'p1'}});
    lab.call('run', {name: 'done', steps: [step('big', {chars: 20_000})]});
    expect(lab.call('stop', {data: true})).toEqual({triggersDeleted: 2, jobsPaused: 0, jobsDeleted: 2});
    expect([...lab.world.store('script').keys()].sort()).toEqual(['AST_JOBS_DEFAULT_MAX_RETRIES', 'AST_JOBS_JOB_mine']);
    expect(kinds(lab)).toEqual([]);
    lab.pass(HOUR_MS);
    expect(lab.runs()).toEqual(['big']);
  });

  test('with data, while a worker runs, comes to rest with nothing left', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 20_000, chars: 9_000}));
    lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
    lab.call('stop', {data: true});
    lab.settle(5 * HOUR_MS);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
    expect(lab.jobKeys()).toEqual([]);
    expect(lab.runs()).toEqual(['s1', 's2']);
    lab.expectTidy();
  });
});

describe('work by hand', () => {
  test('does one pass and says what it found', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2, {secret: 'payload-text', result: 'result-text'}));
    expect(lab.call('work')).toEqual({jobs: [], open: 1, end: 'open'});
    lab.pass(MINUTE_MS);
    lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
    lab.settle();
    expect(lab.call('work')).toEqual({jobs: [], open: 0, end: 'idle'});
    const log = lab.world.executions.flatMap((execution) => execution.log);
    expect(log).toContain(`AST.Jobs: job (${id}) completed, 2 steps; 0 open; idle`);
    expect(log.join()).not.toMatch(/payload-text|result-text/);
  });

  test('writes one line an execution', () => {
    const lab = newLab();
    lab.enqueue(inLine(3, {ms: 100_000, failures: 1}));
    lab.settle();
    const passes = lab.world.executions.filter((execution) => execution.fn === 'astJobsWorker');
    expect(passes.map((execution) => execution.log.length)).toEqual(passes.map(() => 1));
  });
});
