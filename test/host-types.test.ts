// The declarations for hosts that are written in TypeScript, compiled as an editor would.
import {readFileSync} from 'node:fs';
import ts from 'typescript';

jest.setTimeout(60_000);

const DECLARATIONS = 'dist/types/ast-jobs.d.ts';

/** What the compiler says, in strict mode and without any other package's types, about host files. */
function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2019,
    lib: ['lib.es2019.d.ts'],
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleDetection: ts.ModuleDetectionKind.Legacy,
  };
  const host = ts.createCompilerHost(options);
  const {getSourceFile, fileExists} = host;
  host.fileExists = (name) => name in files || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const text = files[name];
    if (text !== undefined) return ts.createSourceFile(name, text, ts.ScriptTarget.ES2019, true);
    return getSourceFile.call(host, name, ...rest);
  };
  const program = ts.createProgram([DECLARATIONS, ...Object.keys(files)], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({file, messageText}) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

const PASTED = `
  interface Piece { first: number; last: number }
  function startImport(): string {
    const job = AST.Jobs.mapReduce({
      name: 'import',
      mode: 'enqueue',
      items: [{first: 0, last: 99}],
      map: {handler: importPiece},
      reduce: {handler: 'merge'},
      retry: {maxRetries: 3, delayMs: 1000},
      options: {maxRuntimeMs: 200000},
    });
    return job.id;
  }
  function importPiece(ctx: AstJobs.StepContext<{item: Piece}>): number {
    return ctx.timeLeftMs() > 1000 ? ctx.payload.item.last - ctx.payload.item.first : ctx.attempt;
  }
  function merge(ctx: AstJobs.StepContext<{mapStepIds: string[]}>): number {
    return ctx.payload.mapStepIds.reduce((sum, id) => sum + (ctx.results[id] as number), 0);
  }
  function look(id: string): string {
    const {status, waiting, recoveries, orchestration} = AST.Jobs.status(id);
    return [status, waiting?.reason, recoveries.length, orchestration?.children.counts.completed].join();
  }
  function now(): unknown { return astJobsWorker(); }
  function foresee(): number {
    const request = {name: 'pages', items: {handler: 'fetchPages'}, handler: 'importPiece'};
    return ASTX.Jobs.plan(request, {stepMs: 10, items: 500}).units;
  }
  function plan(): AstJobs.ScheduleResponse {
    const steps = [{id: 'a', handler: 'importPiece'}];
    ASTX.Jobs.configure({OPENAI_API_KEY: 'x'});
    return ASTX.Jobs.schedule({schedule: {cron: '@daily'}, name: 'daily', steps, tags: ['a'], retry: {maxRetries: 1}});
  }
  function keep(): AstJobs.StorageReference {
    const {reference} = AST.Storage.list({backend: 'drive', olderThanMs: 1000})[0];
    return AST.Storage.remove(reference) ? AST.Storage.put([1], {name: 'one'}) : reference;
  }
`;

const LIBRARY = `
  declare const ASTLib: AstLibrary;
  const ASTX = ASTLib.AST || ASTLib;
  ASTX.Jobs.bind(globalThis, {store: 'user'});
  function astJobsWorker(e: {triggerUid: string}): void { ASTX.Jobs.work(e); }
  function runChain(): AstJobs.JobStatus {
    return ASTX.Jobs.chain({name: 'chain', tasks: [{handler: 'one'}, {handler: 'two', payload: 2}]}).status;
  }
`;

const WRONG: readonly (readonly [code: string, message: string])[] = [
  [`AST.Jobs.run({steps: []});`, "Property 'name' is missing"],
  [`AST.Jobs.run({name: 'a', steps: [{id: 1, handler: 'h'}]});`, "Type 'number' is not assignable to type 'string'"],
  [`AST.Jobs.chain({name: 'a', tasks: [{handler: 'h'}], mode: 'later'});`, `Type '"later"' is not assignable`],
  [`AST.Jobs.enqueue({name: 'a', steps: [], option: {}});`, "'option' does not exist in type 'JobRequest'"],
  [`AST.Jobs.status('id').status = 'failed';`, 'read-only property'],
  [`AST.Jobs.status('id').status === 'cancelled';`, 'have no overlap'],
  [`AST.Storage.put(1, {backend: 'disk'});`, `Type '"disk"' is not assignable`],
  [`AST.Storage.get('job_1');`, "Argument of type 'string' is not assignable"],
  [`AST.Jobs.start();`, "Property 'start' does not exist"],
  [`Jobs.run({name: 'a', steps: []});`, "Cannot find name 'Jobs'"],
];

test('A host compiles, with the file pasted or as a library.', () => {
  expect(problemsOf({'pasted.ts': PASTED, 'library.ts': LIBRARY})).toEqual([]);
});

test('Wrong uses are refused, each with its reason.', () => {
  const files = Object.fromEntries(WRONG.map(([code], index) => [`wrong${index}.ts`, code]));
  const problems = problemsOf(files);
  const expected = WRONG.map(([, message], index) => expect.stringMatching(`^wrong${index}\\.ts: [^]*${message}`));
  expect(problems).toEqual(expected);
});

test('Every public type is declared, with its comment, in an ambient file.', () => {
  const text = readFileSync(DECLARATIONS, 'utf8');
  const types = readFileSync('src/types.ts', 'utf8').matchAll(/^export (?:interface|type) (\w+)/gm);
  const missing = [...types].map((match) => match[1] ?? '').filter((name) => !RegExp(`\\b${name}\\b`).test(text));
  expect(missing).toEqual([]);
  expect(text).toContain('Unique in the job; at most 100 characters');
  expect(text).not.toMatch(/^\s*(?:import|export)\b/m);
});
