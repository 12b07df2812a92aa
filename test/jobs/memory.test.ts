/** Jobs in memory: `bind(globalThis, {store: 'memory'})`. */
import type {JobRecord, WorkResult} from '../../src/types';
import {asLibrary, noise, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const IN_MEMORY = `ASTX.Jobs.bind(globalThis, {store: 'memory'});`;

const HOSTS = [
  ['pasted', () => pasted(`AST.Jobs.bind(globalThis, {store: 'memory'});`)],
  ['in a library', () => asLibrary('', IN_MEMORY)],
] as const;

/** What calls in one execution return. */
function values(lab: Lab, ...calls: (readonly unknown[])[]): readonly unknown[] {
  return lab.callAll(...calls).map(({value, error}) => error ?? value);
}

const DIAMOND = [
  step('a'),
  step('b', {}, {dependsOn: 'a'}),
  step('c', {failures: 1}, {dependsOn: 'a'}),
  step('d', {}, {dependsOn: ['b', 'c']}),
];

describe.each(HOSTS)('a host %s', (_name, project) => {
  test('runs a job to its end, through a retry, without one call of a service', () => {
    const lab = newLab({project: project()});
    const [paused, ended, shown, list, result] = values(
      lab,
      ['run', {name: 'job', steps: DIAMOND}],
      ['resume', 'id'],
      ['status', 'id'],
      ['list'],
      ['result', 'id', 'd'],
    ) as [JobRecord, JobRecord, JobRecord, readonly JobRecord[], unknown];
    expect(paused).toMatchObject({status: 'paused', waiting: {reason: 'retry'}});
    expect(paused.wakeUp).toMatchObject({at: null, problem: expect.stringContaining('Jobs in memory') as string});
    expect(ended).toMatchObject({status: 'completed', results: {a: 'a done', c: 'c done', d: 'd done'}});
    expect([shown, list, result]).toEqual([ended, [ended], 'd done']);
    expect(lab.runs()).toEqual(['a', 'b', 'c', 'c/2', 'd']);
    expect(lab.world.counts().calls).toBe(0);
  });

  test('looks after its jobs without one call of a service', () => {
    const lab = newLab({project: project()});
    const outcomes = values(
      lab,
      ['enqueue', {name: 'waits', steps: [step('a')]}],
      ['explain', 'id'],
      ['work'],
      ['cancel', 'id'],
      ['mapReduce', {name: 'sum', items: [1, 2, 3], map: {handler: 'square'}, reduce: {handler: 'total'}}],
      ['health'],
      ['cleanup', {olderThanDays: 0}],
      ['stop', {data: true}],
      ['list'],
    );
    const [, , worked, canceled, summed] = outcomes as [JobRecord, unknown, WorkResult, JobRecord, JobRecord];
    expect(worked).toMatchObject({jobs: [], open: 1, end: 'open'});
    expect(canceled.status).toBe('canceled');
    expect(summed).toMatchObject({status: 'completed', results: {reduce: 14}});
    expect(outcomes[8]).toEqual([]);
    expect(outcomes.filter((outcome) => (outcome as {code?: string} | undefined)?.code !== undefined)).toEqual([]);
    expect(lab.world.counts().calls).toBe(0);
    expect(lab.everything()).toEqual({script: new Map(), user: new Map(), document: new Map(), triggers: []});
  });

  test('begins each execution with no job', () => {
    const lab = newLab({project: project()});
    const {id} = lab.enqueue([step('a')]);
    expect(lab.refusal('status', id)).toMatchObject({code: 'JOB_NOT_FOUND'});
    expect(lab.call('list')).toEqual([]);
  });

  test('is told why there is no watchdog', () => {
    const lab = newLab({project: project()});
    expect(lab.refusal('install')).toMatchObject({
      code: 'TRIGGERS_UNAVAILABLE',
      message: expect.stringContaining('call resume until it has ended') as string,
    });
  });
});

test('what does not fit into properties does not fit into memory', () => {
  const lab = newLab({project: HOSTS[0][1]()});
  const jobs = Array.from({length: 12}, (_none, index) => {
    return ['enqueue', {name: 'wide', steps: [step('a', {text: `${index}${noise(45_000)}`})]}];
  });
  const outcomes = lab.callAll(...jobs);
  const codes = outcomes.map(({error}) => error?.code ?? 'accepted');
  expect(codes.slice(0, 8)).toEqual(Array.from({length: 8}, () => 'accepted'));
  expect(codes[11]).toBe('STORE_FULL');
});

test('a handler stores a value and reads it, in another step', () => {
  const lab = newLab({
    project: pasted(`
      AST.Jobs.bind(globalThis, {store: 'memory'});
      function save() { return AST.Storage.put({rows: new Array(3000).join('7')}); }
      function load(ctx) { return AST.Storage.get(ctx.results.save).rows.length; }
    `),
  });
  const record = lab.call('run', {
    name: 'job',
    steps: [
      {id: 'save', handler: 'save'},
      {id: 'load', handler: 'load', dependsOn: 'save'},
    ],
  });
  expect(record).toMatchObject({status: 'completed', results: {load: 2_999}});
  expect(lab.world.counts().calls).toBe(0);
});

test('what would call a service cannot be bound with it', () => {
  const lab = newLab();
  const refused = lab.world.call('api', ['bind', [{}, {store: 'memory', drive: {getFileById: 1}}]]) as {
    error: {message: string};
  };
  expect(refused.error.message).toContain("store 'memory' calls no service: leave out lock, fetch, drive, sheets");
});
