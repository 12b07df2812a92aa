// The main job of `npm start`, with other seeds: killed four times, right all the same.
import {problemsOf} from '../examples/main-job/check';
import {directRows} from '../examples/main-job/direct';
import {header, line, summary} from '../examples/main-job/report';
import {runMainJob, type Outcome} from '../examples/main-job/run';
import {bar, columns, duration, styleFor} from '../examples/main-job/terminal';

const PLAIN = styleFor(false, {});

interface Story {
  readonly lines: readonly string[];
  readonly outcome: Outcome;
}

function tell(seed: number): Story {
  const lines: string[] = [];
  return {outcome: runMainJob(seed, (ended) => lines.push(line(ended, PLAIN))), lines};
}

const STORIES = new Map([2, 3].map((seed) => [seed, tell(seed)]));

test.each([...STORIES])(
  'seed %i: right in spite of four kills, and nothing is left behind',
  (_seed, {lines, outcome}) => {
    expect(problemsOf(outcome)).toEqual([]);
    expect(outcome.rows).toEqual(directRows());
    expect(outcome.kills.map(({where}) => where)).toEqual([
      'in the middle of a step',
      'in a property write',
      'after it had started the report',
      'with the sheet half written',
    ]);
    expect(outcome.jobs.map(({recoveries}) => recoveries.length)).toEqual([3, 1]);
    // What the store holds when all has settled: the two jobs, the ballast, and the registry of prefixes if there is one.
    const ids = outcome.jobs.map(({id}) => id);
    const others = outcome.left.script.filter((key) => !ids.includes(key.split('~')[1] ?? ''));
    expect(['AST_JOBS_BALLAST', 'AST_JOBS_PREFIXES']).toEqual(expect.arrayContaining(others));
    expect(outcome.left).toMatchObject({user: ['AST_JOBS_OWNER'], library: [], triggers: 0});

    expect(lines).toHaveLength(outcome.executions);
    expect(lines.filter((text) => text.includes('KILLED'))).toHaveLength(4);
    expect(lines.at(-1)).toMatch(/█{20} +(\d+)\/\1 +done$/);
    expect(summary(outcome, [], PLAIN)).toContain('ok: all 220 rows');
  },
);

test('the same seed gives the same story', () => {
  expect(tell(2)).toEqual(STORIES.get(2));
}, 60_000);

test('a wrong outcome is told', () => {
  const outcome = {
    ...{jobs: [], titles: [], rows: directRows().slice(1), attempts: [], kills: [], executions: 0},
    ...{startMs: 0, endMs: 0, reads: 0, writes: 0},
    left: {script: ['stray'], user: [], library: [], triggers: 1},
  };
  const problems = problemsOf(outcome);
  expect(problems).toEqual(
    expect.arrayContaining([
      '0 jobs instead of 2',
      '219 rows instead of 220',
      expect.stringMatching(/^row 1: \["ORD".* instead of \["DFW"/) as string,
      'left behind: property stray',
      'left behind: 1 triggers',
    ]),
  );
  expect(summary(outcome, problems, PLAIN)).toContain(`MISMATCH: ${problems.length} problems`);
});

test('colours are for terminals that want them', () => {
  expect(styleFor(true, {}).red('no')).toBe('\x1b[31mno\x1b[39m');
  expect(styleFor(true, {NO_COLOR: '1'}).red('no')).toBe('no');
  expect(styleFor(true, {NO_COLOR: ''}).red('no')).toBe('\x1b[31mno\x1b[39m');
  expect(styleFor(true, {TERM: 'dumb'}).red('no')).toBe('no');
  expect(header(1, styleFor(false, {}))).not.toContain('\x1b');
});

test('bars, durations and columns', () => {
  expect([bar(0, 4, 4), bar(1, 3, 4), bar(3, 4, 2), bar(4, 4, 2), bar(0, 0, 2)]).toEqual([
    '░░░░',
    '█░░░',
    '█░',
    '██',
    '░░',
  ]);
  expect([duration(0), duration(59_600), duration(4_082_000)]).toEqual(['0:00', '1:00', '68:02']);
  expect(
    columns([
      ['Name', 'Count'],
      ['a', 5],
      ['longer', 10],
    ]),
  ).toEqual(['Name    Count', 'a           5', 'longer     10']);
});
