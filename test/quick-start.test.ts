/**
 * Every code block of the quick start that users of AST.Jobs know (test/support/quick-start.txt, from apps-script-tools,
 * MIT, copyright joe-broadhead), as they may have it: beside the pasted bundle, with the bundle as a library that they
 * bind, and with the library and not a word more.
 */
import {readFileSync} from 'node:fs';
import {World, type ProjectSource, type SourceFile} from './simulator';
import {BUNDLE} from './support/hosts';

const TEXT = readFileSync('test/support/quick-start.txt', 'utf8');
const BLOCKS = [...TEXT.matchAll(/```javascript\n([^]*?)```/g)].map((match) => match[1] ?? '');
const QUICK_START: SourceFile = {name: 'QuickStart.js', source: BLOCKS.join('\n')};

const LIBRARIES = [{symbol: 'ASTLib', files: [{name: 'Code.js', source: BUNDLE}]}];
const BINDING = `
ASTX.Jobs.bind(globalThis);
function astJobsWorker(e) { return ASTX.Jobs.work(e); }
`;

/** What the quick start leaves to its reader. */
const READER: SourceFile = {
  name: 'Reader.js',
  source: `
function enqueueOnly() {
  const job = ASTX.Jobs.enqueue({name: 'waiting', steps: [{id: 'prepare', handler: 'jobsPrepare_'}]});
  Logger.log(JSON.stringify(job));
  return job.id;
}
function chainWithIds() {
  const tasks = [{id: 'prepare', handler: 'jobsPrepare_'}, {handler: 'jobsCompute_'}];
  return ASTX.Jobs.chain({name: 'chain-recipe', tasks}).orchestration;
}
function configuredExample() {
  configureJobsRuntime();
  jobsEnqueueExample();
  return ASTX.Jobs.getConfig();
}
function tryOut(fn, jobId) {
  try { globalThis[fn](jobId); } catch (e) { return {name: e.name, code: e.code, message: e.message}; }
}
`,
};

const FORMS: readonly (readonly [form: string, project: ProjectSource])[] = [
  [
    'pasted into one project',
    {
      files: [
        {name: 'Code.js', source: BUNDLE},
        // The only line that has to be added: the identifier under which the quick start looks for the library.
        {name: 'Alias.js', source: 'const ASTLib = globalThis;'},
        QUICK_START,
        READER,
      ],
    },
  ],
  ['as a bound library', {libraries: LIBRARIES, files: [QUICK_START, {name: 'Bind.js', source: BINDING}, READER]}],
  ['as a library that is not bound', {libraries: LIBRARIES, files: [QUICK_START, READER]}],
];

interface Job {
  readonly id: string;
  readonly status: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly results: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the function logged, as the quick start does it: one line of JSON, or a word. */
function logOf(world: World, fn: string, ...args: unknown[]): string {
  world.call(fn, args);
  const lines = world.executions.at(-1)?.log ?? [];
  return lines.at(-1) ?? '';
}

function summaryOfChain(status: string, completed: number): unknown {
  const counts = {total: 2, pending: 2 - completed, running: 0, completed, failed: 0, canceled: 0};
  return {
    helper: 'chain',
    mode: 'run',
    parent: {jobId: expect.any(String) as string, status},
    children: {status, counts},
    stages: {chain: {status, counts}},
  };
}

function inWorld(project: ProjectSource, check: (world: World) => void): void {
  const world = new World({project});
  try {
    check(world);
    // A library's own store is shared by all its hosts: no job may ever get there.
    expect(world.store('script', {library: 'ASTLib'})).toEqual(new Map());
  } finally {
    world.close();
  }
}

test('the quick start has its blocks', () => {
  expect(BLOCKS).toHaveLength(5);
});

describe.each(FORMS)('%s', (_form, project) => {
  test('jobsEnqueueExample runs a job to its end', () => {
    inWorld(project, (world) => {
      const job = JSON.parse(logOf(world, 'jobsEnqueueExample')) as Job;
      expect(job.status).toBe('completed');
      expect(job.results['prepare']?.['batchId']).toMatch(/^[\da-f-]{36}$/);
      expect(job.results['compute']).toEqual({prepared: job.results['prepare']?.['batchId']});
    });
  });

  // As it stands the recipe cannot complete: a chain calls its steps chain_step_1 and so on, while jobsCompute_ looks for
  // the result of `prepare`. So it shows what happens to a step that fails: the job pauses before the next attempt.
  test('jobsChainRecipe shows the summary of a chain', () => {
    inWorld(project, (world) => {
      expect(JSON.parse(logOf(world, 'jobsChainRecipe'))).toEqual(summaryOfChain('paused', 1));
    });
  });

  test('jobsChainRecipe completes when its tasks have the ids that its handlers look for', () => {
    inWorld(project, (world) => {
      expect(world.call('chainWithIds')).toEqual(summaryOfChain('completed', 2));
    });
  });

  test('jobsEnqueueManyRecipe completes', () => {
    inWorld(project, (world) => {
      expect(logOf(world, 'jobsEnqueueManyRecipe')).toBe('completed');
    });
  });

  test('jobsMapReduceRecipe gives 21', () => {
    inWorld(project, (world) => {
      expect(logOf(world, 'jobsMapReduceRecipe')).toBe('21');
    });
  });

  test('configureJobsRuntime sets prefix, budget and retries of the jobs that follow', () => {
    inWorld(project, (world) => {
      expect(world.call('configuredExample')).toMatchObject({AST_JOBS_PROPERTY_PREFIX: 'jobs_v1'});
      const job = JSON.parse(world.executions.at(-1)?.log.at(-1) ?? '') as Job;
      expect(job).toMatchObject({
        status: 'completed',
        options: {propertyPrefix: 'jobs_v1', maxRuntimeMs: 240_000, maxRetries: 3},
      });
      const keys = [...world.store('script').keys()];
      expect(keys.some((key) => key.startsWith('jobs_v1'))).toBe(true);
      expect(keys.some((key) => key.startsWith('AST_JOBS_JOB_'))).toBe(false);
    });
  });
});

describe.each(FORMS.slice(0, 2))('%s', (_form, project) => {
  test('jobsStatusExample and jobsCancelExample find a job of another execution', () => {
    inWorld(project, (world) => {
      const id = world.call('enqueueOnly') as string;
      expect(JSON.parse(logOf(world, 'jobsStatusExample', id))).toMatchObject({id, status: 'queued'});
      expect(JSON.parse(logOf(world, 'jobsCancelExample', id))).toMatchObject({id, status: 'canceled'});
      expect(JSON.parse(logOf(world, 'jobsStatusExample', id))).toMatchObject({id, status: 'canceled'});
    });
  });

  test('a job that nobody resumes runs by itself', () => {
    inWorld(project, (world) => {
      const id = world.call('enqueueOnly') as string;
      expect(world.settle().isSettled).toBe(true);
      expect(JSON.parse(logOf(world, 'jobsStatusExample', id))).toMatchObject({id, status: 'completed'});
    });
  });
});

describe('as a library that is not bound', () => {
  const [, unbound] = FORMS[2] as (typeof FORMS)[number];

  test.each(['jobsStatusExample', 'jobsCancelExample'])('%s says which two lines to add', (fn) => {
    inWorld(unbound, (world) => {
      const id = world.call('enqueueOnly') as string;
      const before = world.store('script');
      const thrown = world.call('tryOut', [fn, id]) as {message: string};
      expect(thrown).toMatchObject({name: 'AstJobsCapabilityError', code: 'HOST_UNKNOWN'});
      expect(thrown.message).toContain('const ASTX = ASTLib.AST || ASTLib; ASTX.Jobs.bind(globalThis);');
      expect(world.store('script')).toEqual(before);
    });
  });

  test('a job is accepted and its record says why nothing continues it', () => {
    inWorld(unbound, (world) => {
      const record = JSON.parse(logOf(world, 'enqueueOnly')) as {wakeUp: {at: null; problem: string}};
      expect(record.wakeUp.problem).toContain('function astJobsWorker(e)');
      expect(world.triggers()).toEqual([]);
    });
  });
});
