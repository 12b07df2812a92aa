/** The code of docs/handles.md, events.md, rate-limits.md and schedules.md runs as it stands, and does what they say. */
import {readFileSync} from 'node:fs';
import type {JobRecord, RateLimitRecord} from '../src/types';
import {World} from './simulator';
import {pastedHost} from './support/hosts';

const HOUR_MS = 3_600_000;

/** The blocks of a page that bear a mark. A block of JavaScript without one is run by nobody. */
function codeOf(page: string, mark: string): string {
  const text = readFileSync(`docs/${page}.md`, 'utf8');
  const blocks = [...text.matchAll(/^```(\S+) ?(\S*)\n([^]*?)^```/gm)];
  expect(blocks.filter(([, language]) => language === 'js').length).toBe(0);
  return blocks.flatMap(([, , marked, code = '']) => (marked === mark ? [code] : [])).join('\n');
}

function inWorld(source: string, check: (world: World) => void): void {
  const reader = `
    function recordOf(id) { return AST.Jobs.status(id); }
    function ended(name) { return AST.Jobs.list({name: name}); }`;
  const world = new World({project: pastedHost(`${source}\n${reader}`), startMs: Date.UTC(2026, 0, 9, 3)});
  try {
    check(world);
  } finally {
    world.close();
  }
}

test('a handle waits for its job, and an execution of a named job runs its tasks', () => {
  inWorld(codeOf('handles', 'handles'), (world) => {
    expect(world.call('report')).toBe(42);
    expect(world.call('loadAll')).toBe('completed');
    const [execution] = world.call('ended', ['etl']) as readonly JobRecord[];
    expect(execution?.results).toEqual({task_1: 'loaded a', task_2: 'loaded b'});
  });
});

test('the listener of the page hears of the job that failed', () => {
  inWorld(codeOf('events', 'listeners'), (world) => {
    world.call('startNightly');
    world.settle();
    const lines = world.executions.flatMap(({log}) => log);
    expect(lines.filter((line) => line.includes('books: no such sheet'))).toHaveLength(1);
  });
});

test('the alerts of the page send a mail and a post', () => {
  const services = `
    var MailApp = {sendEmail: function (to, subject, body) { Sim.effect('mail', [to, subject, body]); }};
    var UrlFetchApp = {fetchAll: function (requests) {
      return requests.map(function (request) {
        Sim.effect('post', [request.url, JSON.parse(request.payload).alerts.length]);
        return {getResponseCode: function () { return 200; }};
      });
    }};`;
  const code = `${services}\n${codeOf('events', 'listeners')}\n${codeOf('events', 'alerts')}`;
  inWorld(code, (world) => {
    world.call('startNightly');
    world.settle();
    const sent = (wanted: string): readonly unknown[] =>
      world.effects.filter(({name}) => name === wanted).map(({data}) => data);
    expect(sent('mail')).toEqual([
      ['me@example.com', 'AST.Jobs: 1 failed', expect.stringContaining('no such sheet') as unknown],
    ]);
    expect(sent('post')).toEqual([['https://chat.example.com/hook', 1]]);
  });
});

test('the limit of the page is stored, used by each letter, and removed', () => {
  inWorld(codeOf('rate-limits', 'limits'), (world) => {
    world.call('setUp');
    const id = world.call('writeLetters');
    world.runUntil(world.nowMs + HOUR_MS / 4);
    expect(world.call('recordOf', [id])).toMatchObject({
      ...{status: 'completed', results: {item_1: 'Dear Ada', item_2: 'Dear Grace', item_3: 'Dear Joan'}},
    });
    const [{resource, windows} = {resource: '', windows: []}] = world.call('showLimits') as readonly RateLimitRecord[];
    expect([resource, ...windows.map(({per, limit}) => [per, limit])]).toEqual(['gmail', ['minute', 20], ['day', 500]]);
    expect(windows[1]?.used).toBe(3);
    world.call('withoutLimit');
    expect(world.call('showLimits')).toEqual([]);
  });
});

test('the schedule of the page makes a job at nine of a working day, and none on a Saturday', () => {
  inWorld(codeOf('schedules', 'schedules'), (world) => {
    // Friday 9 January 2026, 04:00 in Berlin.
    expect(world.call('setUp')).toBe('2026-01-09T08:00:00.000Z');
    world.runUntil(world.nowMs + 30 * HOUR_MS);
    const jobs = world.call('ended', ['report']) as readonly JobRecord[];
    expect(jobs.map(({status, results}) => [status, results['make']])).toEqual([['completed', 'report of report']]);
    expect(world.call('setUp')).toBe('2026-01-12T08:00:00.000Z');
  });
});
