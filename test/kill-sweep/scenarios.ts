/**
 * The jobs that the sweep kills. Each handler reports that it ran, takes some time in a service call (so that kills
 * inside handlers are among the points), and returns what depends on its context alone.
 */

/** The host's script; pasted beside the bundle. */
export const HOST = `
function note(ctx, ms) {
  Sim.effect('run', {step: ctx.stepId, attempt: ctx.attempt});
  if (ms > 0) Utilities.sleep(ms);
}
function add(ctx) {
  note(ctx, 500);
  return (ctx.payload.plus || []).reduce(function (sum, id) { return sum + ctx.results[id]; }, ctx.payload.n);
}
function tasks() {
  return [1, 2, 3, 4, 5].map(function (n) {
    return {handler: 'add', payload: {n: n, plus: n > 1 ? ['chain_step_' + (n - 1)] : []}};
  });
}
function slowAdd(ctx) { var sum = add(ctx); Utilities.sleep(40000); Sim.effect('end', ctx.stepId); return sum; }
function slowSquare(ctx) { var result = square(ctx); Utilities.sleep(15000); return result; }
function slowChain() {
  return AST.Jobs.chain({name: 'chain', mode: 'enqueue', tasks: tasks().map(function (task) {
    return {handler: 'slowAdd', payload: task.payload};
  })});
}
function slowMapReduce() {
  return AST.Jobs.mapReduce({name: 'squares', mode: 'enqueue', items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], mapHandler: 'slowSquare', reduceHandler: 'total'});
}
function slowLarge() {
  return AST.Jobs.chain({name: 'large', mode: 'enqueue', tasks: ['a', 'b', 'c'].map(function (letter) { return {handler: 'slowBig', payload: letter}; })});
}
function slowBig(ctx) { note(ctx, 30000); return new Array(9001).join(ctx.payload); }
function square(ctx) { note(ctx, 200); return ctx.payload.item * ctx.payload.item; }
function total(ctx) {
  note(ctx, 200);
  return ctx.payload.mapStepIds.reduce(function (sum, id) { return sum + ctx.results[id]; }, 0);
}
/** Fails twice for good reasons: what it has done is in the host's own properties, as a real script would have it. */
function failTwice(ctx) {
  note(ctx, 200);
  var store = PropertiesService.getScriptProperties();
  var before = Number(store.getProperty('failures') || 0);
  if (before >= 2) return 'third';
  store.setProperty('failures', String(before + 1));
  throw new Error('not yet');
}
function big(ctx) { note(ctx, 100); return new Array(20001).join('x'); }
function chain5() {
  return AST.Jobs.chain({name: 'chain', mode: 'enqueue', tasks: tasks()});
}
function runChain5() {
  return AST.Jobs.chain({name: 'chain', tasks: tasks()});
}
function diamond() {
  return AST.Jobs.enqueue({name: 'diamond', steps: [
    {id: 'top', handler: 'add', payload: {n: 1}},
    {id: 'left', handler: 'add', payload: {n: 10, plus: ['top']}, dependsOn: 'top'},
    {id: 'right', handler: 'add', payload: {n: 100, plus: ['top']}, dependsOn: ['top']},
    {id: 'bottom', handler: 'add', payload: {n: 1000, plus: ['top', 'left', 'right']}, dependsOn: ['left', 'right']},
  ]});
}
function mapReduce12() {
  return AST.Jobs.mapReduce({name: 'squares', mode: 'enqueue', items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], mapHandler: 'square', reduceHandler: 'total'});
}
function failing() {
  return AST.Jobs.enqueue({name: 'failing', steps: [
    {id: 'flaky', handler: 'failTwice', retry: {delayMs: 1000}},
    {id: 'other', handler: 'add', payload: {n: 5}},
    {id: 'after', handler: 'add', payload: {n: 7, plus: ['other']}, dependsOn: 'other'},
  ]});
}
function large() {
  return AST.Jobs.enqueue({name: 'large', steps: [
    {id: 'big', handler: 'big', payload: new Array(9001).join('p')},
    {id: 'after', handler: 'sizeOf', dependsOn: 'big'},
  ]});
}
/** Groups of a few items, some of which return nothing. */
function grouped() {
  return AST.Jobs.enqueueMany({name: 'grouped', handler: 'short', items: {count: 14}, checkpoint: {everyMs: 2000, everyItems: 5}});
}
function short(ctx) { note(ctx, 200); return ctx.payload.item % 7 < 3 ? undefined : ctx.payload.item; }
/** Steps that save where they are: by themselves, and by hand. */
function walking() {
  return AST.Jobs.enqueue({name: 'walking', steps: [
    {id: 'walk', handler: 'walk'},
    {id: 'hand', handler: 'byHand', dependsOn: 'walk'},
  ]});
}
function walk(ctx) {
  note(ctx, 0);
  return ctx.each([1, 2, 3, 4, 5, 6], function (n, index, sum) { Utilities.sleep(900); return sum + n; }, {initial: 0, everyMs: 1500});
}
function byHand(ctx) {
  note(ctx, 0);
  var at = ctx.cursor || {next: 1, text: ''};
  for (; at.next <= 4; ctx.checkpoint(at)) {
    Utilities.sleep(300);
    at = {next: at.next + 1, text: at.text + at.next};
  }
  return at.text;
}
function yielding() {
  return AST.Jobs.enqueue({name: 'yielding', steps: [{id: 'turns', handler: 'inTurns'}]});
}
function inTurns(ctx) {
  note(ctx, 100);
  var turn = ctx.cursor || 0;
  if (turn === 2) return 'turned';
  ctx.checkpoint(turn + 1);
  ctx.yield();
}
/** Enough work for two, who share it from the second minute on. */
function sharing() {
  return AST.Jobs.mapReduce({name: 'sharing', mode: 'enqueue', workers: 2, items: {count: 16}, mapHandler: 'twenty', reduceHandler: 'sumUp', checkpoint: {everyItems: 1}});
}
function twenty(ctx) { note(ctx, 20000); return ctx.payload.item; }
function sumUp(ctx) {
  note(ctx, 200);
  return ctx.payload.mapStepIds.reduce(function (sum, id) { return sum + ctx.results[id]; }, 0);
}
/** Two share items, some of which fail until somebody mends what they need. */
function fragileItems() {
  return AST.Jobs.enqueueMany({name: 'fragile', workers: 2, items: {count: 12}, handler: 'fragile', checkpoint: {everyItems: 1}});
}
function fragile(ctx) {
  note(ctx, 20000);
  var isMended = PropertiesService.getScriptProperties().getProperty('host_mended') !== null;
  if (ctx.payload.item > 3 && !isMended) throw AST.Jobs.fatal('broken');
  return ctx.payload.item;
}
function mendAndReplay() {
  PropertiesService.getScriptProperties().setProperty('host_mended', 'yes');
  AST.Jobs.moveToDlq(firstOf('fragile'));
  return AST.Jobs.replayDlq();
}
function firstOf(name) { return AST.Jobs.list({name: name})[0].id; }
function oneStep(name, more) { return Object.assign({name: name, steps: [{id: name, handler: 'add', payload: {n: 1}}]}, more); }
function parentFirst() { return AST.Jobs.enqueue(oneStep('parent')); }
function childOfParent() { return AST.Jobs.enqueue(oneStep('child', {dependencies: [firstOf('parent')]})); }
function batchOfThree() {
  return AST.Jobs.enqueueBatch([oneStep('first'), oneStep('second'), oneStep('third', {dependencies: [0, 1]})]);
}
function pauseIt() { return AST.Jobs.pause(firstOf('chain')); }
function pauseAndResume() { pauseIt(); Utilities.sleep(60000); return AST.Jobs.resume(firstOf('chain')); }
function removeIt() { return AST.Jobs.remove(firstOf('chain')); }
function adoptIt() { return AST.Jobs.adopt(firstOf('chain')); }
function sizeOf(ctx) { note(ctx, 0); return ctx.results.big.length; }
function cancelIt() { var id = AST.Jobs.list({name: 'chain'})[0].id; return AST.Jobs.cancel(id); }
function stopAll() { return AST.Jobs.stop(); }
function listJobs() { return AST.Jobs.list(); }
function finishTwo() {
  for (var i = 0; i < 2; i++) AST.Jobs.run({name: 'old', steps: [{id: 'a', handler: 'pad'}], options: {autoResume: false}});
}
function pad() { return new Array(20001).join('z'); }
function tight() {
  return AST.Jobs.enqueue({name: 'tight', steps: [{id: 'only', handler: 'add', payload: {n: 1, pad: padding()}}]});
}
/** Does not shrink when it is packed. */
function padding() {
  var text = '';
  for (var i = 1; text.length < 25000; i++) text += (i * 2654435761 % 4294967296).toString(36);
  return text;
}
`;

/** What a scenario must come to. */
export interface Scenario {
  readonly name: string;
  /** Runs before anything is killed. */
  readonly before?: {readonly fn: string; readonly thenMs?: number};
  /** Values of 8,000 bytes that the host keeps in the same store. */
  readonly hostKeys?: number;
  /** From here on calls are counted and killed. */
  readonly act: string;
  /** The job to look at. */
  readonly job: string;
  /** Who acts; whoever came before is the owner. */
  readonly user?: string;
  /** Jobs of which all are there or none. */
  readonly together?: readonly string[];
  /** Another state in which it may rest after a kill. */
  readonly orElse?: string;
  /** Whether it is to be removed. */
  readonly mayBeGone?: boolean;
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>> | null;
  /** Attempts that fail by themselves, by step. */
  readonly failures?: Readonly<Record<string, number>>;
}

const CHAIN_RESULTS = {chain_step_1: 1, chain_step_2: 3, chain_step_3: 6, chain_step_4: 10, chain_step_5: 15};

const SQUARES = Object.fromEntries(Array.from({length: 12}, (_none, index) => [`map_${index + 1}`, (index + 1) ** 2]));

export const SCENARIOS: readonly Scenario[] = [
  {name: 'a chain of 5', act: 'chain5', job: 'chain', status: 'completed', results: CHAIN_RESULTS},
  {name: 'a chain of 5, run at once', act: 'runChain5', job: 'chain', status: 'completed', results: CHAIN_RESULTS},
  {
    name: 'a diamond',
    act: 'diamond',
    job: 'diamond',
    status: 'completed',
    results: {top: 1, left: 11, right: 101, bottom: 1113},
  },
  {
    name: 'a map-reduce of 12',
    act: 'mapReduce12',
    job: 'squares',
    status: 'completed',
    results: {...SQUARES, reduce: 650},
  },
  {
    name: 'a step that fails twice',
    act: 'failing',
    job: 'failing',
    status: 'completed',
    results: {flaky: 'third', other: 5, after: 12},
    failures: {flaky: 2},
  },
  {
    name: 'a large payload and a large result',
    act: 'large',
    job: 'large',
    status: 'completed',
    results: {big: 'x'.repeat(20_000), after: 20_000},
  },
  {
    name: 'a cancel',
    before: {fn: 'chain5'},
    act: 'cancelIt',
    job: 'chain',
    status: 'canceled',
    results: null,
  },
  {
    name: 'a stop while a worker runs',
    before: {fn: 'slowChain', thenMs: 100_000},
    act: 'stopAll',
    job: 'chain',
    status: 'paused',
    results: CHAIN_RESULTS,
  },
  {
    name: 'an enqueue, with finished jobs that are old enough to go',
    before: {fn: 'finishTwo', thenMs: 31 * 24 * 3_600_000},
    act: 'chain5',
    job: 'chain',
    status: 'completed',
    results: CHAIN_RESULTS,
  },
];

/** Jobs that know of each other, and single ones that somebody takes in hand. */
export const RELATED: readonly Scenario[] = [
  {
    name: 'a child',
    before: {fn: 'parentFirst'},
    act: 'childOfParent',
    job: 'child',
    status: 'completed',
    results: {child: 1},
  },
  {
    name: 'a batch of three',
    act: 'batchOfThree',
    job: 'third',
    together: ['first', 'second', 'third'],
    status: 'completed',
    results: {third: 1},
  },
  {
    name: 'a pause and a resume of a running job',
    before: {fn: 'slowChain', thenMs: 100_000},
    act: 'pauseAndResume',
    job: 'chain',
    // Between the two it waits for somebody who was killed.
    status: 'completed',
    orElse: 'paused',
    results: CHAIN_RESULTS,
  },
  {
    name: 'a removal of a running job',
    before: {fn: 'slowChain', thenMs: 100_000},
    act: 'removeIt',
    job: 'chain',
    status: 'completed',
    mayBeGone: true,
    results: CHAIN_RESULTS,
  },
  {
    name: 'an adoption of a running job',
    before: {fn: 'slowChain', thenMs: 100_000},
    act: 'adoptIt',
    user: 'second@example.com',
    job: 'chain',
    status: 'completed',
    results: CHAIN_RESULTS,
  },
];

const GROUPED = Object.fromEntries(
  Array.from({length: 14}, (_none, index) => [`item_${index + 1}`, index % 7 < 3 ? null : index]),
);

const SHARED = Object.fromEntries(Array.from({length: 16}, (_none, index) => [`map_${index + 1}`, index]));

/** Two workers on one job. */
export const SHARING: Scenario = {
  name: 'two workers',
  act: 'sharing',
  job: 'sharing',
  status: 'completed',
  results: {...SHARED, reduce: 120},
};

/** Two workers on a job that failed, is put aside and goes on. */
export const REPLAYED: Scenario = {
  name: 'a replay for two workers',
  before: {fn: 'fragileItems', thenMs: 1_800_000},
  act: 'mendAndReplay',
  job: 'fragile',
  status: 'completed',
  orElse: 'failed',
  results: Object.fromEntries(Array.from({length: 12}, (_none, index) => [`item_${index + 1}`, index])),
  failures: Object.fromEntries(Array.from({length: 12}, (_none, index) => [`item_${index + 1}`, 1])),
};

/** Items in groups, and steps that save where they are. */
export const PARTLY_DONE: readonly Scenario[] = [
  {name: 'groups of items', act: 'grouped', job: 'grouped', status: 'completed', results: GROUPED},
  {
    name: 'a walk, and a step that saves where it is',
    act: 'walking',
    job: 'walking',
    status: 'completed',
    results: {walk: 21, hand: '1234'},
  },
  {
    name: 'a step in turns',
    act: 'yielding',
    job: 'yielding',
    status: 'completed',
    results: {turns: 'turned'},
    failures: {turns: 2},
  },
];

/** Each reading of a full store moves half a megabyte, so that this one is swept by sample. */
export const FULL_STORE: Scenario = {
  name: 'an enqueue that finds the store full of finished jobs',
  before: {fn: 'finishTwo'},
  hostKeys: 50,
  act: 'tight',
  job: 'tight',
  status: 'completed',
  results: {only: 1},
};

/**
 * Steps that take long, so that an owner which comes back from a stall, or its late write, meets a successor in the
 * middle of its work. Attempts of one step may overlap then, which no store can prevent.
 */
export const SLOW_SCENARIOS: readonly Scenario[] = [
  {name: 'a slow chain of 5', act: 'slowChain', job: 'chain', status: 'completed', results: CHAIN_RESULTS},
  {
    name: 'a slow map-reduce of 12',
    act: 'slowMapReduce',
    job: 'squares',
    status: 'completed',
    results: {...SQUARES, reduce: 650},
  },
  {
    name: 'slow large results',
    act: 'slowLarge',
    job: 'large',
    status: 'completed',
    results: {chain_step_1: 'a'.repeat(9_000), chain_step_2: 'b'.repeat(9_000), chain_step_3: 'c'.repeat(9_000)},
  },
];
