/** Triggers that are late, lost, doubled, disabled, refused or deleted: the job goes on, and nothing stays behind. */
import type {FiringVerdict, Trigger} from '../simulator';
import {asLibrary, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs, withoutGlue, type Lab} from './lab';

const newLab = useLabs();

const TOO_MANY =
  'This script has too many triggers. Triggers must be deleted from the script before more can be added.';
const NO_TALK = 'Unable to talk to trigger service';

function kinds(lab: Lab): readonly string[] {
  return lab.world
    .triggers()
    .map((trigger) => trigger.kind)
    .sort();
}

/** The chain of three long steps, one an execution, at its end: each ran once, and nothing is left. */
function expectDone(lab: Lab, id: string): void {
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  lab.expectTidy();
}

const LONG = inLine(3, {ms: 150_000});

type Firing = (trigger: Trigger, count: number) => FiringVerdict | undefined;

describe('a job goes on', () => {
  const firings: readonly (readonly [what: string, verdict: Firing])[] = [
    ['when every one-off is lost', (trigger) => (trigger.kind === 'oneOff' ? 'lost' : undefined)],
    [
      'when every one-off comes 14 minutes late',
      (trigger) => (trigger.kind === 'oneOff' ? {lateMs: 840_000} : undefined),
    ],
    ['when every firing is doubled', () => 'double'],
    ['when the watchdog never comes', (trigger) => (trigger.kind === 'recurring' ? 'lost' : undefined)],
    [
      'when the watchdog comes every third time, and nothing else does',
      (trigger, count) => (trigger.kind === 'oneOff' || count % 3 !== 0 ? 'lost' : undefined),
    ],
  ];

  test.each(firings)('%s', (_what, verdict) => {
    const lab = newLab();
    let count = 0;
    lab.world.onFiring = (trigger) => verdict(trigger, ++count);
    const {id} = lab.enqueue(LONG);
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });

  test.each(['oneOff', 'recurring'] as const)('when each new %s trigger is disabled', (kind) => {
    const lab = newLab();
    lab.world.onCreation = (trigger) => (trigger.kind === kind ? 'disabled' : 'ok');
    const {id} = lab.enqueue(LONG);
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });

  test.each([1, 2, 3, 4, 5, 6])('when all of that happens by chance (seed %i)', (seed) => {
    const lab = newLab({seed});
    let draw = seed;
    const chance = (): number => (draw = (draw * 16_807) % 2_147_483_647) / 2_147_483_647;
    lab.world.onFiring = () => (chance() < 0.3 ? 'lost' : chance() < 0.3 ? 'double' : {lateMs: chance() * 600_000});
    lab.world.onCreation = (trigger) => (trigger.kind === 'oneOff' && chance() < 0.5 ? 'disabled' : 'ok');
    const {id} = lab.enqueue(LONG);
    lab.settle(24 * HOUR_MS);
    expectDone(lab, id);
  });

  test('when its user deletes the watchdog, the one-off, or both and calls once more', () => {
    for (const gone of [['recurring'], ['oneOff'], ['oneOff', 'recurring']]) {
      const lab = newLab();
      const {id} = lab.enqueue(LONG);
      for (const trigger of lab.world.triggers()) if (gone.includes(trigger.kind)) lab.world.deleteTrigger(trigger.uid);
      const other = gone.length === 2 ? lab.enqueue([step('other')], {name: 'other'}).id : null;
      lab.settle(6 * HOUR_MS);
      expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
      if (other !== null) expect(lab.status(other).status).toBe('completed');
      lab.expectTidy();
    }
  });

  test('when its user deleted both and resumes by hand', () => {
    const lab = newLab();
    const {id} = lab.enqueue(LONG);
    for (const trigger of lab.world.triggers()) lab.world.deleteTrigger(trigger.uid);
    expect(lab.call('resume', id).status).toBe('paused');
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });
});

describe('creation', () => {
  test('that fails for a moment is tried again', () => {
    const lab = newLab();
    lab.world.onCall = (call) =>
      call.method === 'create' && call.index % 3 !== 0 ? {kind: 'error', message: NO_TALK, when: 'before'} : undefined;
    const {id} = lab.enqueue(LONG);
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });

  test('that takes effect and fails all the same leaves no stray', () => {
    const lab = newLab();
    let failures = 0;
    lab.world.onCall = (call) =>
      call.method === 'create' && ++failures % 2 === 1 ? {kind: 'error', message: NO_TALK, when: 'after'} : undefined;
    const {id} = lab.enqueue(LONG);
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });

  test.each([NO_TALK, TOO_MANY, 'Dieses Skript hat zu viele Trigger.'])(
    'that fails for good refuses the job before anything is stored: %s',
    (message) => {
      const lab = newLab();
      lab.world.onCall = (call) => (call.method === 'create' ? {kind: 'error', message, when: 'before'} : undefined);
      const refusal = lab.refusal('enqueue', {name: 'job', steps: LONG});
      expect(refusal).toMatchObject({name: 'AstJobsCapabilityError', code: 'TRIGGERS_UNAVAILABLE'});
      expect(refusal.message).toContain(message);
      expect([lab.world.store('script').size, lab.world.triggers().length]).toEqual([0, 0]);
      expect(lab.enqueue(LONG, {options: {autoResume: false}}).status).toBe('queued');
    },
  );

  test('of the one-off only, when it fails, leaves the job to the watchdog', () => {
    const lab = newLab();
    lab.world.onCall = ({method, args}) =>
      method === 'create' && JSON.stringify(args).includes('afterMs')
        ? {kind: 'error', message: NO_TALK, when: 'before'}
        : undefined;
    const {id} = lab.enqueue(LONG);
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });

  test.each([
    [20, null],
    [19, 'completed'],
    [18, 'completed'],
  ])('with %i of 20 triggers used up', (used, status) => {
    const lab = newLab({project: pasted(MANY)});
    lab.world.call('fill', [used]);
    if (status === null) {
      expect(lab.refusal('enqueue', {name: 'job', steps: LONG}).code).toBe('TRIGGERS_UNAVAILABLE');
      expect(lab.world.store('script').size).toBe(0);
      const manual = lab.enqueue(LONG, {options: {autoResume: false}});
      expect(lab.call('resume', manual.id).status).toBe('paused');
    } else {
      const {id} = lab.enqueue(LONG);
      lab.pass(3 * HOUR_MS);
      expect(lab.status(id).status).toBe(status);
    }
    expect(lab.world.triggers().map((trigger) => trigger.handler)).toEqual(Array.from({length: used}, () => 'mine'));
  });
});

const MANY = `
function mine() { Sim.effect('mine'); }
function fill(count) { for (var i = 0; i < count; i++) ScriptApp.newTrigger('mine').timeBased().everyDays(30).create(); }
function mineSoon() { ScriptApp.newTrigger('mine').timeBased().after(5 * 60000).create(); fill(1); }
`;

test('triggers of other functions are never touched', () => {
  const lab = newLab({project: pasted(MANY)});
  lab.world.call('mineSoon');
  const before = lab.world.triggers().map((trigger) => trigger.uid);
  lab.enqueue(LONG);
  lab.pass(2 * HOUR_MS);
  lab.call('install');
  lab.call('stop', {data: true});
  expect(lab.world.triggers().map((trigger) => trigger.uid)).toEqual(before);
  expect(lab.world.effects.some((effect) => effect.name === 'mine')).toBe(true);
});

test('deletion that fails for hours throws nothing, and in the end all are gone', () => {
  const lab = newLab();
  const untilMs = lab.world.nowMs + 3 * HOUR_MS;
  lab.world.onCall = (call) =>
    ['deleteTrigger', 'getProjectTriggers'].includes(call.method) && lab.world.nowMs < untilMs
      ? {kind: 'error', message: NO_TALK, when: 'before'}
      : undefined;
  const {id} = lab.enqueue(LONG);
  lab.settle(8 * HOUR_MS);
  expectDone(lab, id);
  expect(lab.world.executions.every((execution) => execution.end === 'done')).toBe(true);
});

test('deletion that fails for a minute at the end is made up for', () => {
  const lab = newLab();
  lab.enqueue([step('a')]);
  const oneOff = lab.world.triggers().find((trigger) => trigger.kind === 'oneOff');
  const untilMs = lab.world.nowMs + 3 * MINUTE_MS;
  lab.world.onCall = (call) =>
    call.method === 'deleteTrigger' && call.args[0] === oneOff?.uid && call.atMs < untilMs
      ? {kind: 'error', message: NO_TALK, when: 'before'}
      : undefined;
  lab.settle();
  expect(lab.runs()).toEqual(['a']);
  lab.expectTidy();
});

test('ten jobs share two standing triggers, and none is left at the end', () => {
  const lab = newLab();
  const counts: number[] = [];
  lab.world.onCreation = () => {
    counts.push(lab.world.triggers().length);
    return 'ok';
  };
  for (let index = 0; index < 10; index++)
    lab.enqueue(inLine(2, {ms: 100_000, failures: index % 2}), {name: `job${index}`});
  expect(kinds(lab)).toEqual(['oneOff', 'recurring']);
  lab.settle(12 * HOUR_MS);
  expect(lab.call<{status: string}[]>('list').map((row) => row.status)).toEqual(
    Array.from({length: 10}, () => 'completed'),
  );
  // A new one-off is made before the old one is deleted.
  expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  lab.expectTidy();
});

test('a wait that is longer than the watchdog’s period takes no one-off', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a', {failures: 1}, {retry: {delayMs: 2 * HOUR_MS, maxDelayMs: 3 * HOUR_MS}})]);
  lab.world.runWhile(() => lab.runs().length < 1);
  lab.pass(MINUTE_MS);
  expect(kinds(lab)).toEqual(['recurring']);
  lab.settle(6 * HOUR_MS);
  expect(lab.status(id).status).toBe('completed');
});

describe('in a library host', () => {
  test('without the function for triggers a job is accepted, says so, and makes no trigger', () => {
    const lab = newLab({project: withoutGlue()});
    const record = lab.enqueue(inLine(2));
    expect(record.wakeUp).toEqual({at: null, problem: expect.stringContaining('function astJobsWorker(e)') as string});
    expect(lab.world.counts().triggersCreated).toBe(0);
    lab.pass(HOUR_MS);
    expect(lab.status(record.id)).toMatchObject({status: 'queued', wakeUp: {at: null}});
    expect(lab.call('resume', record.id).status).toBe('completed');
    expect(lab.refusal('install').code).toBe('TRIGGERS_UNAVAILABLE');
  });

  test('the job goes on once the function is there and somebody calls', () => {
    const lab = newLab({project: withoutGlue()});
    const {id} = lab.enqueue(LONG);
    lab.world.deploy(asLibrary());
    lab.call('work');
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
    lab.expectTidy();
  });

  test.each([
    ['a name of its own', 'nightShift', 'function nightShift(e) { return ASTX.Jobs.work(e); }'],
    ['the library’s function', 'ASTLib.astJobsWorker', ''],
  ])('triggers call %s', (_what, triggerHandler, glue) => {
    const bind = `ASTX.Jobs.bind(globalThis, ${JSON.stringify({triggerHandler})});`;
    const lab = newLab({project: asLibrary(glue, bind)});
    const {id} = lab.enqueue(LONG);
    expect(new Set(lab.world.triggers().map((trigger) => trigger.handler))).toEqual(new Set([triggerHandler]));
    lab.settle(6 * HOUR_MS);
    expectDone(lab, id);
  });
});

test('a wake-up is at hand soon after each execution, without a look of the watchdog', () => {
  const lab = newLab({triggerLagMs: [1_000, 2_000]});
  const {id, createdAt} = lab.enqueue(inLine(10, {ms: 110_000}));
  lab.settle(6 * HOUR_MS);
  const record = lab.status(id);
  expect(record.status).toBe('completed');
  // Five executions of two steps each, a minute or less between them.
  const tookMs = Date.parse(record.completedAt ?? '') - Date.parse(createdAt);
  expect(tookMs).toBeLessThan(10 * 110_000 + 5 * (60 + 5) * SECOND_MS);
});
