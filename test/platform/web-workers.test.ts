/** Workers by the script's own web app: the port alone, then over the simulator with executions that really start. */
import type {FetchAnswerLike, FetchRequestLike} from '../../src/platform/handles';
import {MAX_STARTS, webWorkers} from '../../src/platform/web-workers';
import {World, type ProjectSource} from '../simulator';
import {libraryHost} from '../support/hosts';

const URL = 'https://script.google.com/macros/s/main/exec';
const WORKED: FetchAnswerLike = {getResponseCode: () => 200, getContentText: () => '{"worked":true}'};
const answer = (status: number, text: string): FetchAnswerLike => ({
  getResponseCode: () => status,
  getContentText: () => text,
});

interface Setting {
  readonly answers?: (count: number) => FetchAnswerLike[];
  readonly ageMs?: number;
  readonly token?: string | null;
  readonly secret?: () => string | null;
}

function starterWith({answers = (count) => Array<FetchAnswerLike>(count).fill(WORKED), ...more}: Setting) {
  const requests: FetchRequestLike[] = [];
  const lines: string[] = [];
  const fetch = {fetchAll: (all: FetchRequestLike[]) => (requests.push(...all), answers(all.length))};
  const clock = {startMs: 5_000, nowMs: () => 5_000 + (more.ageMs ?? 0), sleep: () => undefined};
  const token = more.token === undefined ? 'a token of the host' : more.token;
  const log = {line: (text: string) => void lines.push(text)};
  const starter = webWorkers({fetch, url: URL, token}, clock, more.secret ?? (() => null), log);
  return {starter, requests, lines};
}

const throwing = (message: string) => () => {
  throw new Error(message);
};

test('each worker is one post with the token in its body, that is not waited for', () => {
  const {starter, requests, lines} = starterWith({});
  expect(starter.start(3)).toBe(3);
  const request = {
    ...{url: URL, method: 'post', payload: {astJobsToken: 'a token of the host'}},
    ...{muteHttpExceptions: true, timeoutSeconds: 1},
  };
  expect(requests).toEqual([request, request, request]);
  expect(lines).toEqual([]);
});

test.each([
  [100, MAX_STARTS],
  [10, 10],
  [2.7, 2],
  [0, 0],
  [-1, 0],
  [NaN, 0],
])('of %d that are asked for %d are posted', (wanted, posted) => {
  const {starter, requests} = starterWith({});
  expect(starter.start(wanted)).toBe(posted);
  expect(requests).toHaveLength(posted);
});

test('the token of the script property is taken where the host handed none over', () => {
  const {starter, requests} = starterWith({token: null, secret: () => 'the secret'});
  expect(starter.start(1)).toBe(1);
  expect(requests[0]?.payload).toEqual({astJobsToken: 'the secret'});
});

test('without a token, or with a store that does not answer, nothing is posted, and the log says why', () => {
  const without = starterWith({token: null});
  expect(without.starter.start(2)).toBe(0);
  expect(without.lines).toEqual([expect.stringContaining('AST_JOBS_WORKER_TOKEN is not set')]);
  const broken = starterWith({token: null, secret: throwing('server error')});
  expect(broken.starter.start(2)).toBe(0);
  expect(broken.lines).toEqual([expect.stringContaining('server error')]);
  expect([...without.requests, ...broken.requests]).toEqual([]);
});

test.each([
  [0, 2],
  [320_000, 2],
  [320_001, 0],
  [359_000, 0],
])('an execution that is %i ms old starts %i', (ageMs, started) => {
  const {starter, requests} = starterWith({ageMs});
  expect(starter.start(2)).toBe(started);
  expect(requests).toHaveLength(started);
});

test('pages, refusals and statuses of an error do not count', () => {
  const answers = (): FetchAnswerLike[] => [
    WORKED,
    answer(200, '<html>There are too many scripts running simultaneously</html>'),
    answer(503, '{"worked":true}'),
    answer(200, '{"worked":false,"problem":"The token is wrong."}'),
    WORKED,
  ];
  expect(starterWith({answers}).starter.start(5)).toBe(2);
});

test.each(['Timeout: https://script.google.com/macros/s/main/exec', 'Request timed out', 'time-out'])(
  '%j counts all as started: a worker was at work for that long',
  (message) => {
    const {starter, lines} = starterWith({answers: throwing(message)});
    expect(starter.start(4)).toBe(4);
    expect(lines).toEqual([]);
  },
);

test.each(['Service invoked too many times in a short time: urlfetch', 'Address unavailable', 'Délai dépassé'])(
  '%j counts none, and the log has it',
  (message) => {
    const {starter, lines} = starterWith({answers: throwing(message)});
    expect(starter.start(4)).toBe(0);
    expect(lines).toEqual([expect.stringContaining(message)]);
  },
);

const TOKEN = 'a secret of this script';

/** A host whose function `begin` starts workers with the port's own requests, since no other caller is in the bundle. */
const SOURCE = `
function slow(ctx) { Sim.effect('run', ctx.stepId); Sim.spend(60000); }
function doPost(e) { Sim.effect('post'); return ASTX.Jobs.doPost(e); }
function prepare(n) {
  for (var i = 0; i < n; i++) ASTX.Jobs.enqueue({name: 'job ' + i, steps: [{id: 'a', handler: 'slow'}]});
}
function begin(n, token) {
  var requests = [];
  for (var i = 0; i < n; i++)
    requests.push({url: '${URL}', method: 'post', payload: {astJobsToken: token}, muteHttpExceptions: true, timeoutSeconds: 1});
  try {
    return UrlFetchApp.fetchAll(requests).map(function (r) { return r.getContentText(); });
  } catch (error) {
    return error.message;
  }
}
`;
const HANDED = `{fetch: UrlFetchApp, workerUrl: '${URL}', content: ContentService}`;
const project = (options = HANDED): ProjectSource => libraryHost(SOURCE, `ASTX.Jobs.bind(globalThis, ${options});`);

function worldWith(secret: string | null, options = HANDED): World {
  const world = new World({project: project(options), jitter: 0.5});
  world.setProperty('script', 'AST_JOBS_WORKER_TOKEN', secret);
  return world;
}

test('posts start executions that work at the same time, after the one that posted is gone', () => {
  const world = worldWith(TOKEN);
  world.call('prepare', [3]);
  world.runUntil(world.nowMs + 61_000);
  const startMs = world.nowMs;
  expect(world.call('begin', [3, TOKEN])).toContain('Timeout');
  expect(world.nowMs - startMs).toBeLessThan(3_000);
  world.runUntil(startMs + 70_000);
  const works = world.executions.filter(({fn}) => fn === 'doPost');
  expect(works.map(({end}) => end)).toEqual(['done', 'done', 'done']);
  expect(world.effects.filter(({name}) => name === 'run')).toHaveLength(3);
  world.close();
});

test('a worker that finds nothing answers before it is given up', () => {
  const world = worldWith(TOKEN);
  expect(world.call('begin', [1, TOKEN])).toEqual(['{"worked":true,"jobs":0,"open":0,"end":"idle"}']);
  world.close();
});

test('a busy account and an error of the script are pages, which do not count', () => {
  const busy = new World({project: project(), limits: {executionsPerUser: 2}});
  busy.setProperty('script', 'AST_JOBS_WORKER_TOKEN', TOKEN);
  const answers = busy.call('begin', [3, TOKEN]) as string[];
  expect(answers.filter((text) => text.includes('too many scripts running simultaneously'))).toHaveLength(2);
  busy.onPost = () => 'Sorry, unable to open the file at this time.';
  expect(String(busy.call('begin', [1, TOKEN]))).toContain('<html>');
  busy.close();
});

test('whoever does not know the secret starts no pass', () => {
  for (const secret of [TOKEN, null]) {
    const world = worldWith(secret);
    world.call('prepare', [1]);
    world.runUntil(world.nowMs + 61_000);
    world.resetCounts();
    const [first] = world.call('begin', [1, 'a guess']) as string[];
    expect(JSON.parse(first ?? '')).toMatchObject({worked: false});
    expect(world.counts()).toMatchObject({locks: 0, writes: 0});
    world.close();
  }
});

test('a text that no content service wrapped is answered with a page', () => {
  const world = worldWith(TOKEN, `{}`);
  const [first] = world.call('begin', [1, 'a guess']) as string[];
  expect(first).toContain('not a supported return type');
  world.close();
});
