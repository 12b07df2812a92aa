/**
 * The documents keep their word: the code of README.md runs as it stands, pasted and in the library form, and what the
 * documents list is what the library has.
 */
import {readFileSync} from 'node:fs';
import vm from 'node:vm';
import {isPrefix} from '../src/core/keys';
import * as limits from '../src/core/limits';
import {World, type Counts, type ProjectSource, type SourceFile} from './simulator';
import {BUNDLE} from './support/hosts';

const README = readFileSync('README.md', 'utf8');
const STORAGE = readFileSync('docs/decisions/0001-storage.md', 'utf8');

const {version} = JSON.parse(readFileSync('package.json', 'utf8')) as {readonly version: string};

const blocksOf = (mark: string): string =>
  [...README.matchAll(/^```javascript (\w+)\n([^]*?)^```/gm)]
    .filter((match) => match[1] === mark)
    .map((match) => match[2] ?? '')
    .join('\n');

const HOST = blocksOf('host');
const GLUE = blocksOf('library');

/** What the README calls, and what it leaves to triggers. */
const CALLED = ['startReport', 'showReport', 'startImport', 'startSweep', 'startWalk', 'setUp', 'onEdit'];
const HANDLERS = [
  'sumRegion',
  'addUp',
  'fetchRows',
  'checkRows',
  'postRows',
  'noteEdit',
  'fetchFiles',
  'sweepFile',
  'walkRows',
];

/** What else the README tells its reader to call. */
const READER: SourceFile = {
  name: 'Reader.js',
  source: `
function jobs() { return AST.Jobs.list(); }
function cancel(id) { AST.Jobs.cancel(id); }
function record(id) { return AST.Jobs.status(id); }
function stop(options) { return AST.Jobs.stop(options); }
`,
};

const code = (name: string, source: string): SourceFile => ({name, source});
const asLibrary = (text: string): string => text.replaceAll('AST.Jobs', 'ASTX.Jobs');

const FORMS: readonly (readonly [form: string, project: ProjectSource])[] = [
  ['pasted', {files: [code('Code.js', BUNDLE), code('Main.js', HOST), READER]}],
  [
    'as a library',
    {
      libraries: [{symbol: 'ASTLib', files: [code('Code.js', BUNDLE)]}],
      files: [code('Main.js', `${GLUE}\n${asLibrary(HOST)}`), {...READER, source: asLibrary(READER.source)}],
    },
  ],
];

interface Job {
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

function inWorld(project: ProjectSource, check: (world: World) => void): void {
  const world = new World({project});
  try {
    check(world);
  } finally {
    world.close();
  }
}

function logOf(world: World, fn: string): string {
  world.call(fn);
  return world.executions.at(-1)?.log.at(-1) ?? '';
}

const onlyJob = (world: World): Job => (world.call('jobs') as readonly Job[])[0] as Job;

describe.each(FORMS)('The README, %s', (_form, project) => {
  test('its first job ends as it says', () => {
    inWorld(project, (world) => {
      expect(logOf(world, 'startReport')).toMatch(/^job_\w+ is queued$/);
      expect(world.settle().isSettled).toBe(true);
      const [start = '', end = ''] = (/`(completed: .*)`/.exec(README)?.[1] ?? '').split('…');
      const line = logOf(world, 'showReport');
      expect([line.slice(0, start.length), line.slice(-end.length)]).toEqual([start, end]);
      expect(world.triggers()).toEqual([]);
    });
  });

  test('its graph of steps ends, and the key of a step names job and step', () => {
    inWorld(project, (world) => {
      const id = world.call('startImport') as string;
      world.settle();
      const {status, results} = onlyJob(world);
      expect(status).toBe('completed');
      expect(results['post']).toEqual({attempt: 1, key: `${id}/post`, rows: 3});
    });
  });

  test('a job that is canceled leaves no trigger', () => {
    inWorld(project, (world) => {
      world.call('cancel', [world.call('startImport')]);
      expect(onlyJob(world).status).toBe('canceled');
      world.settle();
      expect(world.triggers()).toEqual([]);
    });
  });

  test('its job over pages sweeps every file, in two executions at once, and its walk goes through all rows', () => {
    inWorld(project, (world) => {
      const id = world.call('startSweep');
      world.settle();
      expect(onlyJob(world)).toMatchObject({status: 'completed', workers: 2});
      expect(Object.values((world.call('record', [id]) as {results: object}).results)).toEqual([
        ...['a', 'b', 'c', 'd', 'e'].map((file) => `${file} swept`),
        5,
      ]);
    });
    inWorld(project, (world) => {
      world.call('startWalk');
      world.settle();
      expect(onlyJob(world)).toMatchObject({status: 'completed', results: {rows: 124_750}});
    });
  });

  test('after setUp its onEdit enqueues with limited authority', () => {
    inWorld(project, (world) => {
      expect(world.call('setUp')).toEqual({everyMinutes: 10, triggerHandler: 'astJobsWorker'});
      world.call('onEdit', [], {authMode: 'LIMITED'});
      world.runUntil(world.nowMs + 15 * 60_000);
      expect(onlyJob(world).status).toBe('completed');
      expect(world.triggers()).toHaveLength(1);
    });
  });

  test('uninstalled as it says, it leaves nothing', () => {
    inWorld(project, (world) => {
      world.call('startImport');
      expect(world.call('stop')).toEqual({triggersDeleted: 2, jobsPaused: 1, jobsDeleted: 0});
      expect(onlyJob(world).status).toBe('paused');
      expect(world.call('stop', [{data: true}])).toEqual({triggersDeleted: 0, jobsPaused: 0, jobsDeleted: 1});
      expect(world.triggers()).toEqual([]);
      expect([...world.store('script').keys(), ...world.store('user').keys()]).toEqual([]);
    });
  });
});

test('Every JavaScript block of the README is run here, and every function in it is called.', () => {
  expect(README.match(/^```javascript$/gm)).toBeNull();
  const declared = [...HOST.matchAll(/^function (\w+)/gm)].map((match) => match[1]);
  expect(declared.sort()).toEqual([...CALLED, ...HANDLERS].sort());
});

/** The cells of the rows of a table, found by its title row. */
function tableOf(text: string, title: RegExp): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => title.test(line));
  const rest = lines.slice(start + 2);
  const rows = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const plain = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');

test('The methods of the README are those of the bundle, in the same order.', () => {
  const context = vm.createContext({}) as {AST?: {Jobs: object}};
  vm.runInContext(BUNDLE, context);
  const headings = [...README.matchAll(/^### AST\.Jobs\.(\w+)/gm)].map((match) => match[1]);
  expect(headings).toEqual(Object.keys(context.AST?.Jobs ?? {}));
});

test('The error codes of the README are those of the library, in the same order.', () => {
  const union = /export type JobsErrorCode =([^;]*);/.exec(readFileSync('src/errors.ts', 'utf8'))?.[1] ?? '';
  const codes = [...union.matchAll(/'(\w+)'/g)].map((match) => match[1]);
  expect(codes).toContain('LOCK_TIMEOUT');
  expect(tableOf(README, /^\| Code /).map(([first]) => plain(first))).toEqual(codes);
});

test('The options of the README have the defaults that a job gets.', () => {
  inWorld(FORMS[0]?.[1] as ProjectSource, (world) => {
    world.call('onEdit');
    const rows = tableOf(README, /^\| Option /).map((cells) => [plain(cells[0]), plain(cells[3]).replaceAll("'", '')]);
    const options = Object.entries(onlyJob(world).options).map(([name, value]) => [name, String(value)]);
    expect(rows.sort()).toEqual(options.sort());
    const maxPrefix = Number(/1 – (\d+) of/.exec(README)?.[1]);
    expect([isPrefix('p'.repeat(maxPrefix)), isPrefix('p'.repeat(maxPrefix + 1))]).toEqual([true, false]);
  });
});

test('The limits of the README are those of the library.', () => {
  const days = (ms: number): string => `${ms / 86_400_000} days`;
  const number = (value: number): string => value.toLocaleString('en-US');
  const expected: readonly (readonly [what: string, limit: string])[] = [
    ['Execution', `${limits.EXECUTION_WALL_MS / 1_000} s; the library plans for ${limits.MAX_BUDGET_MS / 1_000} s`],
    ['Property store', `${limits.STORE_BYTES / 1_024} KB`],
    ['All jobs together', `${limits.OWN_BYTES / 1_024} KB, and ${limits.HOST_BYTES / 1_024} KB`],
    ['Steps of a job', number(limits.MAX_STEPS)],
    ['Items of a map step, as a list', number(limits.MAX_ITEMS)],
    ['Items of a map step, as a range', number(limits.MAX_RANGE)],
    ['Characters of', `${limits.MAX_NAME_CHARS}, ${limits.MAX_STEP_ID_CHARS}`],
    ['Rows of', number(limits.MAX_ITEM_ROWS)],
    ['Steps and results of a finished job', `after ${days(limits.FOLD_AFTER_MS)}`],
    ['Finished jobs are', `after ${days(limits.PURGE_AFTER_MS)}`],
  ];
  const rows = tableOf(README, /^\| What +\| Limit/);
  for (const [what, limit] of expected)
    expect(rows.find((cells) => cells[0]?.startsWith(what))?.[1]).toMatch(RegExp(`^${limit}`));
});

const COUNTED = `
function step() { return 1; }
function request(n) { return {name: 'job', tasks: new Array(n).fill({handler: 'step'})}; }
function install() { AST.Jobs.install(); }
function enqueue(n) { return AST.Jobs.chain(Object.assign(request(n), {mode: 'enqueue'})).id; }
function run(n) { AST.Jobs.chain(request(n)); }
function resume(id) { AST.Jobs.resume(id); }
function status(id) { AST.Jobs.status(id); }
function list() { AST.Jobs.list(); }
function cancel(id) { AST.Jobs.cancel(id); }
`;

type Row = readonly [operation: string, reads: number, writes: number, locks: number, triggerCalls: number];

const rowOf = (operation: string, {reads, writes, deletes, locks, triggerCalls}: Counts): Row => [
  operation,
  reads,
  writes + deletes,
  locks,
  triggerCalls,
];

test('The operations cost what docs/decisions/0001-storage.md says.', () => {
  const measured: Row[] = [];
  inWorld({files: [code('Code.js', BUNDLE), code('Main.js', COUNTED)]}, (world) => {
    const last = (operation: string): void => {
      measured.push(rowOf(operation, world.executions.at(-1)?.counts() as Counts));
    };
    const call = (operation: string, fn: string, ...args: unknown[]): unknown => {
      const value = world.call(fn, args);
      last(operation);
      return value;
    };
    /** The next execution that a trigger of this kind starts. */
    const pass = (operation: string, kind: string): void => {
      const before = world.executions.length;
      const started = () => world.executions.slice(before).find(({trigger}) => trigger === kind);
      world.runWhile(() => (started()?.end ?? 'running') === 'running');
      measured.push(rowOf(operation, started()?.counts() as Counts));
    };
    call('`install`, the first call of a user', 'install');
    const id = call('`enqueue`', 'enqueue', 1);
    call('`status`', 'status', id);
    call('`list`', 'list');
    pass('pass that runs one step, by a one-off', 'oneOff');
    pass('idle tick', 'recurring');
    call('`run` of one step', 'run', 1);
    call('`run` of a chain of 3', 'run', 3);
    world.call('enqueue', [3]);
    pass('pass that runs a chain of 3, by a one-off', 'oneOff');
    call('`resume` of a chain of 3', 'resume', world.call('enqueue', [3]));
    call('`cancel`', 'cancel', world.call('enqueue', [3]));
  });
  const documented = tableOf(STORAGE, /^\| Operation /).map(([operation = '', ...numbers]) => [
    operation,
    ...numbers.map(Number),
  ]);
  expect(documented.sort()).toEqual(measured.map((row) => [...row]).sort());
});

test('the version that is to be made is the one that this is', () => {
  expect(README).toContain(`npx clasp create-version "${version}"`);
  expect(README).toContain(`Version ${version},`);
});
