/**
 * docs/coming-from.md keeps its word: its examples do what it says, each name that users of other systems know has its row, and
 * what stands in the column "Ours" is what the bundle and its types have.
 */
import {readFileSync} from 'node:fs';
import vm from 'node:vm';
import ts from 'typescript';
import {World, type ProjectSource} from './simulator';
import {BUNDLE, pastedHost} from './support/hosts';
import {KNOWN_NAMES, KNOWN_WORDS} from './support/known-names';

const PAGE = readFileSync('docs/coming-from.md', 'utf8');
const TYPES = readFileSync('dist/types/ast-jobs.d.ts', 'utf8');
const DAY_MS = 86_400_000;

const EXAMPLES = new Map(
  [...PAGE.matchAll(/^```js\n\/\/ (.*)\n([^]*?)^```/gm)].map(([, title = '', source = '']) => [title, source]),
);

/** The example of this title alone in a project, and what it does there. */
interface Stage {
  readonly world: World;
  call<Value = unknown>(fn: string, ...args: readonly unknown[]): Value;
  settle(): void;
  /** What the example logged, in all executions; lines of the library itself left out. */
  log(): readonly string[];
}

const READER = `
function resultOf(id, step) { return AST.Jobs.result(id, step); }
function recordOf(id) { return AST.Jobs.status(id); }
function setKey(key) { PropertiesService.getScriptProperties().setProperty('CRM_API_KEY', key); }
function linesOf(id) { return AST.Jobs.logs(id).entries.map((entry) => entry.message); }
`;

function projectOf(title: string): ProjectSource {
  const source = EXAMPLES.get(title);
  if (source === undefined) throw new Error(`The page has no example ${title}.`);
  if (source.includes('ASTLib')) return asLibrary(source);
  const {files, ...project} = pastedHost(source + READER);
  const yaml = {name: 'Yaml.js', source: readFileSync('dist-extras/Yaml.js', 'utf8')};
  return {...project, files: source.includes('version: "1.0"') ? [...files, yaml] : files};
}

/** The example brings its own lines for the library. */
function asLibrary(source: string): ProjectSource {
  return {
    files: [{name: 'Main.js', source}],
    libraries: [{symbol: 'ASTLib', files: [{name: 'Code.js', source: BUNDLE}]}],
  };
}

const tried = new Set<string>();

function example(title: string, check: (stage: Stage) => void): void {
  tried.add(title);
  test(title, () => {
    const world = new World({project: projectOf(title)});
    try {
      check({
        world,
        call: <Value>(fn: string, ...args: readonly unknown[]) => world.call(fn, [...args]) as Value,
        settle: () => {
          expect(world.settle({horizonMs: DAY_MS}).isSettled).toBe(true);
        },
        log: () =>
          world.executions.flatMap((execution) => execution.log).filter((line) => !line.startsWith('AST.Jobs')),
      });
    } finally {
      world.close();
    }
  });
}

describe('The examples', () => {
  example('blaxel: getting started', ({call}) => {
    expect(call('start')).toMatchObject({
      ...{status: 'completed', metadata: {name: 'my-job'}},
      tasks: [{id: 'task_1', status: 'completed', task: {duration: 60}, result: 'worked for 60 s'}],
    });
  });

  example('blaxel: each method', ({world, call, log}) => {
    const id = call('create');
    expect(call('look', id)).toEqual({status: 'pending', tasks: ['pending', 'pending']});
    expect(log().at(-1)).toMatch(/^pending \{.*my-job/);
    expect(call('count')).toBe('Found 1 executions');
    const before = world.nowMs;
    expect(call('finish', id)).toMatchObject({status: 'completed', counts: {completed: 2}});
    expect(world.nowMs - before).toBeGreaterThanOrEqual(90_000);
    expect(call('look', id)).toEqual({status: 'completed', tasks: ['completed', 'completed']});
  });

  example('blaxel: complete example', ({call, log}) => {
    call('processData');
    expect(log()).toEqual(['Status: pending', 'Completed: completed']);
  });

  example('joblet: is it there and working', ({call}) => {
    expect(call('check')).toBe('All is well');
  });

  example('joblet: run_job', ({call, settle}) => {
    call('setKey', 'super-secret');
    const first = call('runFirst');
    const data = call('runData');
    settle();
    expect(call('linesOf', first)).toEqual(['Hello, World!']);
    expect(call('linesOf', data)).toEqual(['INFO: used ***']);
    expect(call('resultOf', data, 'process')).toEqual({done: 1000});
  });

  example('joblet: uploads', ({call, settle}) => {
    const id = call('runUploaded');
    settle();
    expect(call('resultOf', id, 'run')).toBe('the setting is value');
  });

  example('joblet: status, stop, delete, list', ({call, settle}) => {
    const sound = call('submit', false);
    const broken = call('submit', true);
    expect(call('show', sound)).toBe('Job is: queued');
    settle();
    expect(call('show', sound)).toBe('Success!');
    expect(call('show', broken)).toBe('Failed with the file is missing');
    const third = call('submit', false);
    expect(call('stopJob', third)).toBe('Stopped job: canceled');
    expect(call('listJobs')).toEqual(['sound: canceled', 'broken: failed', 'sound: completed']);
    expect([call('deleteJob', third), call('deleteJob', third)]).toEqual(['Job deleted!', 'There is no such job']);
    expect(call('listJobs')).toHaveLength(2);
  });

  example('joblet: get_job_logs', ({call, settle}) => {
    const id = call('submit');
    expect(call('follow', id)).toEqual({lines: [], after: undefined});
    settle();
    const {lines, after} = call<{lines: readonly string[]; after: string}>('follow', id);
    expect(lines).toEqual(['this is step one', 'this is step two']);
    expect(call('follow', id, after)).toEqual({lines: [], after});
  });

  example('joblet: run_workflow', ({call, settle}) => {
    const id = call('startPipeline');
    expect(call('showPipeline', id)).toMatchObject({status: 'queued', done: 0, open: 1});
    settle();
    expect(call('showPipeline', id)).toEqual({
      ...{status: 'completed', done: 3, open: 0},
      jobs: ['extract: completed', 'transform: completed', 'load: completed'],
    });
    expect(call('resultOf', id, 'load')).toBe('loaded ORDERS.CSV');
    expect(call('recordOf', id)).toMatchObject({name: 'my-data-pipeline'});
  });

  example('joblet: workflow dependencies', ({call, settle}) => {
    const id = call('startReport');
    settle();
    expect(call('resultOf', id, 'upload-results')).toBe('uploaded 6');
  });

  example('joblet: create_volume', ({call, settle}) => {
    const id = call('startProcessor');
    settle();
    expect(call('resultOf', id, 'process')).toBe(3);
    expect(call('listStored')).toHaveLength(1); // the cache cannot be listed
    expect(call('removeStored')).toEqual([true]);
    expect(call('listStored')).toEqual([]);
  });

  example('joblet: get_system_status', ({call}) => {
    call('submit');
    expect(call('showSystem')).toMatchObject({storage: '0 % used', open: 0, measured: 1, problems: []});
  });

  example('joblet: when things go wrong', ({call}) => {
    expect(call('look', 'job_gone')).toBe('That job does not exist - maybe it was removed?');
    expect(call('look', 7)).toMatch(/^Wrong call: Expected the id of a job, got .?7/);
  });

  example('openagents: basic usage', ({call, settle}) => {
    const id = call('create');
    settle();
    expect(call('recordOf', id)).toMatchObject({
      ...{status: 'paused', waiting: {reason: 'user'}, description: 'Data processing job'},
      ...{priority: 'high', tags: ['processing', 'daily']},
    });
    expect(call('startJob', id)).toBe('database to report');
  });

  example('openagents: list and control', ({call}) => {
    const low = call('submit', 'low one', 'low', ['production', 'batch']);
    const high = call('submit', 'high one', 'high', ['production']);
    expect(call('listAll')).toEqual({
      ...{all: ['high one', 'low one'], running: [], tagged: ['low one'], recent: []},
      sorted: ['high one', 'low one'],
    });
    expect(call('control', low)).toEqual(['paused', 'completed', true]);
    expect(call('cancelJob', high)).toBe('canceled');
    expect(call('listAll')).toMatchObject({all: ['high one']});
  });

  example('openagents: dependencies', ({call, settle}) => {
    const made = call<{id: string}>('submit');
    expect(made).toMatchObject({
      before: ['Transform Data', 'Extract Data'],
      after: ['Transform Data'],
      dependents: ['Transform Data'],
    });
    settle();
    expect(call('resultOf', made.id, 'load')).toBe('loaded ROWS OF API');
  });

  example('openagents: batch and cleanup', ({world, call, settle}) => {
    const id = call('submitBatch');
    expect(call<readonly string[]>('showBatch', id).at(-1)).toBe('Combine Results: paused');
    settle();
    const done = ['Process Region 1', 'Process Region 2', 'Process Region 3', 'Combine Results'];
    expect(call('showBatch', id)).toEqual(done.map((name) => `${name}: completed`));
    expect(call('cleanUp')).toBe(0);
    world.runUntil(world.nowMs + 31 * DAY_MS);
    expect(call('cleanUp')).toBe(4);
  });

  example('openagents: retries', ({world, call, settle}) => {
    const before = world.nowMs;
    const id = call('submit');
    settle();
    expect(call('resultOf', id, 'fetch')).toBe('https://api.example.com/data at attempt 4');
    expect(world.nowMs - before).toBeGreaterThan(3 * 60_000);
  });

  example('noukai: lifecycle', ({call, settle}) => {
    const [good, bad, other, last] = ['good', 'bad', 'other', 'last'].map((text) => call('submitTask', text));
    expect(call('poll', good)).toBe('Job is pending');
    expect(call('waitFor', good)).toBe('Output: good, too');
    expect(call('poll', good)).toBe('Output: good, too');
    expect(call('waitFor', bad)).toBe('JOB_FAILED');
    expect(call('poll', bad)).toBe('Error: no such message');
    expect([call('cancelTask', other), call('waitFor', other)]).toEqual(['canceled', 'JOB_CANCELED']);
    settle();
    expect(call('poll', last)).toBe('Output: last, too');
    expect(call('cancelTask', last)).toBe('completed'); // as it was
  });

  example('ast-jobs: enqueue, inspect, cancel', ({world, call, settle}) => {
    expect(call('configureJobsRuntime')).toMatchObject({AST_JOBS_PROPERTY_PREFIX: 'jobs_v1'});
    const id = call('enqueueExample');
    expect([...world.store('script').keys()].some((key) => key.startsWith('jobs_v1'))).toBe(true);
    settle();
    const {results} = call<{results: {prepare: {batchId: string}; compute: object}}>('statusExample', id);
    expect(results.compute).toEqual({prepared: results.prepare.batchId});
    expect(call('cancelExample', call('enqueueExample'))).toBe('canceled');
  });

  example('ast-jobs: recipes', ({call, settle}) => {
    expect(call('chainRecipe')).toMatchObject({helper: 'chain', parent: {status: 'completed'}});
    expect(call('mapReduceRecipe')).toBe(21);
    const id = call('enqueueManyRecipe');
    settle();
    expect(call('status', id)).toMatchObject({status: 'completed', results: {item_3: {processedId: 3}}});
  });

  test('are all run here', () => {
    expect([...EXAMPLES.keys()]).toEqual([...tried]);
    expect(PAGE.match(/^```js$/gm)).toHaveLength(EXAMPLES.size);
  });
});

interface Row {
  readonly theirs: string;
  readonly ours: string;
  readonly note: string;
}

const spansOf = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

function rowsOf(section: string): readonly Row[] {
  const text = PAGE.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (Theirs |-)/.test(line))
    .map((line) => {
      const [theirs = '', ours = '', note = '', ...more] = line.split('|').slice(1, -1);
      expect([line, more]).toEqual([line, []]);
      return {theirs: theirs.trim(), ours: ours.trim(), note: note.trim()};
    });
}

const SECTIONS = Object.keys(KNOWN_NAMES);

describe.each(SECTIONS)('What users of %s know', (section) => {
  const rows = rowsOf(section);

  test('has one row each, and nothing else has one', () => {
    const told = rows.flatMap(({theirs}) => spansOf(theirs));
    const known = KNOWN_NAMES[section] ?? [];
    expect([...told].sort()).toEqual([...known].sort());
    const texts = rows.map(({theirs}) => theirs);
    expect((KNOWN_WORDS[section] ?? []).filter((words) => !texts.includes(words))).toEqual([]);
  });

  test('has a counterpart, or a reason why not', () => {
    const silent = rows.filter(({ours, note}) =>
      ours === 'none' ? !/^Not (offered|needed|chosen)/.test(note) : spansOf(ours).length === 0,
    );
    expect(silent).toEqual([]);
  });
});

const OURS = SECTIONS.flatMap(rowsOf).flatMap(({ours}) => spansOf(ours));

test('The methods that the page names are those of the bundle.', () => {
  const context = vm.createContext({}) as {AST?: Record<string, Record<string, unknown>>};
  vm.runInContext(BUNDLE, context);
  const named = [...PAGE.matchAll(/AST\.(Jobs|Storage)\.(\w+)/g)].map(([, part = '', method = '']) => [part, method]);
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter(([part = '', method = '']) => typeof context.AST?.[part]?.[method] !== 'function')).toEqual([]);
});

/** What the expressions of the column stand on, besides `AST`. */
const GIVEN = `
declare const record: AstJobs.JobRecord, request: AstJobs.JobRequest & {retry: AstJobs.RetryPolicy};
declare const step: AstJobs.StepRequest, options: AstJobs.JobOptions, ctx: AstJobs.StepContext;
declare const namedJob: AstJobs.NamedJob, execution: AstJobs.ExecutionRecord, handle: StrictHandle;
interface StrictHandle extends AstJobs.JobHandle { status(): AstJobs.HandleStatus & {error: {message: string}}; }
declare const batch: AstJobs.BatchRecord, workflow: AstJobs.WorkflowRequest, workflowJob: AstJobs.WorkflowJob;
declare const error: {readonly code: string};
`;
const LOCALS =
  'id name handler tasks limit offset maxWait interval steps value backend reference after text includeCompleted jobs stepMs ' +
  'autoStart status createdAfter createdBefore tags sortBy sortOrder retentionDays store timeoutMs dependsOn items ' +
  'maxConcurrency mapHandler reduceHandler stepId drive';

/** Complaints about names that are not there, or values that are none of a field's. */
function complaintsAbout(expressions: readonly string[]): readonly string[] {
  const locals = LOCALS.split(' ').map((name) => `${name}: any`);
  const head = `export {};\n${GIVEN}declare const ${locals.join(', ')};\n`;
  const source = `${head}${expressions.map((text) => `void (${text});`).join('\n')}\n`;
  const sources: Readonly<Record<string, string>> = {'page.ts': source, 'types.d.ts': TYPES};
  const options: ts.CompilerOptions = {strict: true, noEmit: true, target: ts.ScriptTarget.ES2019, types: []};
  const host = ts.createCompilerHost(options);
  const readHost = host.getSourceFile.bind(host);
  host.getSourceFile = (path, target) => {
    const text = sources[path];
    return text === undefined ? readHost(path, target) : ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram(Object.keys(sources), options, host);
  const offset = head.split('\n').length - 1;
  const MISSING_REQUIRED = [2345, 2739, 2740, 2741];
  const [page] = program.getSourceFiles().filter(({fileName}) => fileName === 'page.ts');
  return program
    .getSemanticDiagnostics(page)
    .concat(program.getSyntacticDiagnostics(page))
    .filter(({code}) => !MISSING_REQUIRED.includes(code))
    .map(({messageText, file, start}) => {
      const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      return `${expressions[line - offset] ?? `line ${line}`}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}

test('The fields, options and results that the page names are those of the types.', () => {
  const expressions = OURS.filter((span) => !/^('\w+'|[A-Z][A-Z_]+)$/.test(span));
  expect(expressions.length).toBeGreaterThan(100);
  expect(complaintsAbout(expressions)).toEqual([]);
  // The check would see what is wrong.
  const wrong = [
    'AST.Jobs.list({offste: 1})',
    'record.state',
    'AST.Jobs.wait(id)',
    "AST.Jobs.bind(globalThis, {store: 'disk'})",
  ];
  expect(complaintsAbout(wrong)).toHaveLength(wrong.length);
});

test('The statuses and codes that the page names are those of the library.', () => {
  const literals = OURS.filter((span) => /^'\w+'$/.test(span));
  expect(literals.filter((text) => !TYPES.includes(text))).toEqual([]);
  const codes = OURS.filter((span) => /^[A-Z][A-Z_]+$/.test(span));
  expect(codes.filter((code) => !BUNDLE.includes(code))).toEqual([]);
});
