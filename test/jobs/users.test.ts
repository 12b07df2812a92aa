/** Several users of one script, several hosts of one library, and the stores and locks that a host chooses. */
import type {JobRecord} from '../../src/types';
import type {ProjectSource} from '../simulator';
import {asLibrary, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const A = {user: 'a@example.com'};
const B = {user: 'b@example.com'};

/** Who ran the steps of a job. */
function runners(lab: Lab, job: string): readonly string[] {
  const users = lab.world.effects
    .filter((effect) => effect.name === 'run' && (effect.data as {job: string}).job === job)
    .map((effect) => lab.world.executions[effect.executionId - 1]?.user ?? '');
  return [...new Set(users)];
}

function jobOf(lab: Lab, user: {user: string}, name: string, count = 3): JobRecord {
  return lab.callAs(user, 'enqueue', {name, steps: inLine(count, {ms: 100_000})});
}

describe('two users of one script', () => {
  test('each user’s dispatcher runs that user’s jobs alone', () => {
    const lab = newLab({jitter: 0.3});
    const ids = [jobOf(lab, A, 'of A'), jobOf(lab, B, 'of B'), jobOf(lab, A, 'also of A')].map(({id}) => id);
    lab.settle(6 * HOUR_MS);
    expect(ids.map((id) => lab.status(id).status)).toEqual(['completed', 'completed', 'completed']);
    expect([runners(lab, 'of A'), runners(lab, 'of B'), runners(lab, 'also of A')]).toEqual([
      [A.user],
      [B.user],
      [A.user],
    ]);
    lab.expectTidy();
    for (const {user} of [A, B]) expect([...lab.world.store('user', {user}).keys()]).toEqual(['AST_JOBS_OWNER']);
  });

  test('where the keys of both name a trigger, it runs the jobs of the user whom it runs as', () => {
    const lab = newLab();
    const ids = [A, B].map((user) => jobOf(lab, user, user.user, 1).id);
    const keys = [...lab.world.store('script').keys()].filter((key) => key.startsWith('AST_JOBS_USER~'));
    expect(keys).toHaveLength(2);
    for (const key of keys) lab.world.setProperty('script', key, '{"w":"777","m":10,"i":0,"o":null,"a":0}');
    for (const {uid} of lab.world.triggers()) lab.world.deleteTrigger(uid);
    lab.pass(2 * MINUTE_MS);
    lab.callAs(B, 'work', {triggerUid: '777'});
    expect([runners(lab, A.user), runners(lab, B.user)]).toEqual([[], [B.user]]);
    lab.callAs(A, 'work');
    expect(ids.map((id) => lab.status(id).status)).toEqual(['completed', 'completed']);
  });

  test('both are listed for both, each with its owner', () => {
    const lab = newLab();
    const [one, other] = [jobOf(lab, A, 'of A'), jobOf(lab, B, 'of B')];
    expect(one.owner).not.toBe(other.owner);
    for (const user of [A, B]) {
      const rows = lab.callAs<JobRecord[]>(user, 'list');
      expect(rows.map((row) => [row.name, row.owner])).toEqual([
        ['of B', other.owner],
        ['of A', one.owner],
      ]);
    }
  });

  test('a job of a user whose triggers are gone waits, however busy the other user is', () => {
    const lab = newLab();
    const {id} = jobOf(lab, A, 'of A');
    for (const trigger of lab.world.triggers(A.user)) lab.world.deleteTrigger(trigger.uid);
    jobOf(lab, B, 'of B');
    lab.pass(12 * HOUR_MS);
    expect(lab.status(id).status).toBe('queued');
    expect(runners(lab, 'of A')).toEqual([]);
    // Somebody may resume it by hand, as himself.
    expect(lab.callAs(B, 'resume', id)).toMatchObject({status: 'paused', owner: lab.status(id).owner});
    expect(runners(lab, 'of A')).toEqual([B.user]);
    lab.pass(12 * HOUR_MS);
    expect(lab.status(id).status).toBe('paused');
    // The owner’s next call brings the triggers back.
    lab.callAs(A, 'enqueue', {name: 'more of A', steps: [step('a')]});
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  });

  test('a job that another user resumed in passing is continued by its owner', () => {
    const lab = newLab();
    const {id} = jobOf(lab, A, 'of A', 5);
    expect(lab.callAs(B, 'resume', id).status).toBe('paused');
    expect(lab.world.triggers(B.user)).toEqual([]);
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(runners(lab, 'of A')).toEqual([B.user, A.user]);
    lab.expectTidy();
  });

  test('anybody may cancel', () => {
    const lab = newLab();
    const {id} = jobOf(lab, A, 'of A');
    expect(lab.callAs(B, 'cancel', id).status).toBe('canceled');
    lab.settle();
    expect(runners(lab, 'of A')).toEqual([]);
    lab.expectTidy();
  });
});

describe('one user', () => {
  test('may call twice at the very first moment', () => {
    const lab = newLab();
    for (const name of ['one', 'two']) lab.world.start({fn: 'api', args: ['enqueue', [{name, steps: inLine(2)}]]});
    lab.settle();
    expect(lab.call<JobRecord[]>('list').map((row) => row.status)).toEqual(['completed', 'completed']);
  });

  test('may lose the id in the user’s properties to a script that clears them', () => {
    const lab = newLab({
      project: pasted('function clearMine() { PropertiesService.getUserProperties().deleteAllProperties(); }'),
    });
    const first = lab.enqueue(inLine(3, {ms: 150_000}), {name: 'first'}).id;
    lab.world.call('clearMine');
    const second = lab.enqueue(inLine(3, {ms: 150_000}), {name: 'second'}).id;
    lab.settle(12 * HOUR_MS);
    expect([first, second].map((id) => lab.status(id).status)).toEqual(['completed', 'completed']);
  });
});

test('two hosts of one library see nothing of each other, and the library keeps nothing', () => {
  const one: ProjectSource = {...asLibrary(), id: 'one'};
  const two: ProjectSource = {...asLibrary(), id: 'two'};
  const lab = newLab({projects: [one, two]});
  const libraries = new Set<string | null>();
  lab.world.onCall = (call) => {
    libraries.add(call.library);
    return undefined;
  };
  const ids = ['one', 'two'].map(
    (project) => lab.callAs({project}, 'enqueue', {name: project, steps: inLine(3, {ms: 150_000})}).id,
  );
  expect(lab.callAs<JobRecord[]>({project: 'one'}, 'list').map((row) => row.name)).toEqual(['one']);
  expect(lab.refusalAs({project: 'two'}, 'status', ids[0]).code).toBe('JOB_NOT_FOUND');
  expect(lab.refusalAs({project: 'one'}, 'cancel', ids[1]).code).toBe('JOB_NOT_FOUND');
  lab.settle(6 * HOUR_MS);
  for (const project of ['one', 'two']) {
    expect(lab.callAs<JobRecord[]>({project}, 'list')).toMatchObject([{name: project, status: 'completed'}]);
    for (const kind of ['script', 'document'] as const)
      expect(lab.world.store(kind, {project, library: 'ASTLib'}).size).toBe(0);
  }
  // Not even a lock of the library was taken: one busy host would hold up all others.
  expect([...libraries]).toEqual([null]);
});

describe('a host that binds', () => {
  test('the user’s properties keeps each user’s jobs apart, under the user’s lock', () => {
    const lab = newLab({project: asLibrary('', "ASTX.Jobs.bind(globalThis, {store: 'user'});")});
    const locks = new Set<string | null>();
    lab.world.onCall = (call) => {
      if (call.service === 'lock') locks.add(call.store);
      return undefined;
    };
    const {id} = jobOf(lab, A, 'of A');
    jobOf(lab, B, 'of B');
    expect(lab.callAs<JobRecord[]>(A, 'list').map((row) => row.name)).toEqual(['of A']);
    expect(lab.refusalAs(B, 'status', id).code).toBe('JOB_NOT_FOUND');
    lab.settle(6 * HOUR_MS);
    for (const user of [A, B])
      expect(lab.callAs<JobRecord[]>(user, 'list')).toMatchObject([{status: 'completed', recoveries: []}]);
    expect(lab.world.store('script').size).toBe(0);
    expect([...locks]).toEqual(['user']);
    expect(lab.world.triggers()).toEqual([]);
  });

  const DOCUMENT = asLibrary('', "ASTX.Jobs.bind(globalThis, {store: 'document'});");

  test('the document’s properties keeps jobs there', () => {
    const lab = newLab({project: DOCUMENT});
    const {id} = lab.enqueue(inLine(3, {ms: 150_000}));
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(lab.world.store('script').size).toBe(0);
    expect([...lab.world.store('document').keys()].filter((key) => key.endsWith('~h'))).toHaveLength(1);
  });

  test('the document’s properties where there is no document is told the way out', () => {
    const lab = newLab({project: {...DOCUMENT, isBound: false}});
    const refusal = lab.refusal('enqueue', {name: 'job', steps: [step('a')]});
    expect(refusal).toMatchObject({name: 'AstJobsCapabilityError', code: 'NOT_SUPPORTED'});
    expect(refusal.message).toContain("{store: 'script'}");
    expect(lab.world.triggers()).toEqual([]);
  });
});

describe('a host that holds its script lock while it calls', () => {
  const LOCKED = `
function locked(method, args) {
  hostLock.waitLock(1000);
  const outcome = api(method, args);
  return {outcome, isStillHeld: hostLock.hasLock()};
}`;
  const own = 'const hostLock = LockService.getScriptLock();';
  const request = {name: 'job', steps: inLine(2)};

  test('and hands it over does not wait for itself', () => {
    const lab = newLab({project: asLibrary(LOCKED, `${own} ASTX.Jobs.bind(globalThis, {lock: hostLock});`)});
    const startedMs = lab.world.nowMs;
    expect(lab.world.call('locked', ['enqueue', [request]])).toMatchObject({outcome: {value: {status: 'queued'}}});
    expect(lab.world.nowMs - startedMs).toBeLessThan(3 * SECOND_MS);
    lab.settle();
    expect(lab.runs()).toEqual(['s1', 's2']);
  });

  test('and hands it over still holds it afterwards', () => {
    const lab = newLab({project: asLibrary(LOCKED, `${own} ASTX.Jobs.bind(globalThis, {lock: hostLock});`)});
    expect(lab.world.call('locked', ['enqueue', [request]])).toMatchObject({isStillHeld: true});
  });

  test('and does not hand it over is told so, and nothing is stored', () => {
    const lab = newLab({project: asLibrary(LOCKED, `${own} ASTX.Jobs.bind(globalThis);`)});
    const startedMs = lab.world.nowMs;
    const {outcome, isStillHeld} = lab.world.call('locked', ['enqueue', [request]]) as {
      outcome: {error: {name: string; code: string; message: string}};
      isStillHeld: boolean;
    };
    expect(outcome.error).toMatchObject({name: 'AstJobsConflictError', code: 'LOCK_TIMEOUT'});
    expect(outcome.error.message).toMatch(/do not nest.*bind\(globalThis, \{lock\}\)/s);
    expect(isStillHeld).toBe(true);
    expect(lab.world.nowMs - startedMs).toBeLessThan(MINUTE_MS);
    expect([lab.world.store('script').size, lab.world.triggers().length]).toEqual([0, 0]);
  });
});
