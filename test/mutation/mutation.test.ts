/** What is mutated and how it is named; `npm run mutate` runs the mutants. */
import {readFileSync} from 'node:fs';
import {EXPLAINED_CORE} from './explained-core';
import {EXPLAINED_ENGINE} from './explained-engine';
import {explanationsOf} from './explanation';
import {keyOf, mutated, nameOf} from './mutant';
import {mutantsOf} from './mutators';
import {isWrong, reportOf} from './report';
import {sampleOf} from './sample';

const FILE = 'src/some.ts';

/** What the mutants of a function’s body make of it. */
function bodiesOf(body: string): readonly string[] {
  const [head, tail] = ['function f(): void { ', ' }'];
  const text = head + body + tail;
  return mutantsOf(FILE, text).map((mutant) => mutated(text, mutant).slice(head.length, -tail.length));
}

test.each([
  ['if (a) return;', ['if (false) return;']],
  ['if (a) b(); else c();', ['if (!(a)) b(); else c();', 'if (a) ; else c();', 'if (a) b(); else ;']],
  [
    'return a < b && c >= 0;',
    ['return a < b || c >= 0;', 'return a <= b && c >= 0;', 'return a < b && c > 0;', 'return a < b && c >= 1;'],
  ],
  ['return a === b;', ['return a !== b;']],
  ['return a ? b : -1;', ['return !(a) ? b : -1;', 'return a ? b : 1;', 'return a ? b : -0;']],
  [
    'return a + b * 2 - 0;',
    [
      'return a + b * 2 + 0;',
      'return a - b * 2 - 0;',
      'return a + b / 2 - 0;',
      'return a + b * 0 - 0;',
      'return a + b * 2 - 1;',
    ],
  ],
  ["return 'a' + b;", []],
  ['return a ?? b;', ['return a;']],
  ['return !a;', ['return a;']],
  ['for (let i = a; i < b; i++) c(i);', ['for (let i = a; i <= b; i++) c(i);', 'for (let i = a; i < b; i++) ;']],
  ['a++;', [';', 'a--;']],
  ['return {...a, b: c, d};', ['return {b: c, d};', 'return {...a, d};', 'return {...a, b: c};']],
  ['return {b: c};', []],
  ['return Math.min(a, b);', ['return Math.max(a, b);']],
  ['return a.filter(b).some(c);', ['return a.filter(b).every(c);', 'return a.some(c);']],
  ['const a: 1 = b as 1;', []],
])('%s', (body, expected) => {
  expect([...bodiesOf(body)].sort()).toEqual([...expected].sort());
});

test('a function that says yes or no may say either', () => {
  const text = 'function f(): boolean { return a(); }';
  expect(mutantsOf(FILE, text).map((mutant) => mutated(text, mutant))).toEqual([
    'function f(): boolean { return true; }',
    'function f(): boolean { return false; }',
  ]);
});

test('a mutant is named by where it is, and known by its lines when they move', () => {
  const text = 'function f(): void {\n  if (a)\n    return;\n}\n';
  const [before] = mutantsOf(FILE, text);
  const [after] = mutantsOf(FILE, `// A line more.\n${text}`);
  if (before === undefined || after === undefined) throw new Error('Expected a mutant.');
  expect(nameOf(before)).toBe('src/some.ts:2:7 dropped guard, a → false');
  expect(nameOf(after)).toBe('src/some.ts:3:7 dropped guard, a → false');
  expect(keyOf(before)).toBe('src/some.ts f: if (a) → if (false)');
  expect(keyOf(after)).toBe(keyOf(before));
});

const EXPLAINED = [...EXPLAINED_CORE, ...EXPLAINED_ENGINE];
const FILES = [...new Set(EXPLAINED.map(({file}) => file))];
const MUTANTS = FILES.flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8')));

test('what is explained is a mutant of the library as it is', () => {
  const found = explanationsOf(MUTANTS, EXPLAINED);
  expect(new Set(found.values()).size).toBe(EXPLAINED.length);
  const stale = EXPLAINED.map((one) => ({...one, within: 'elsewhere'}));
  expect(() => explanationsOf(MUTANTS, stale)).toThrow(/no mutant any more/);
});

test('a sample takes something of each file, and a larger one more of the same', () => {
  const [few, more] = [sampleOf(MUTANTS, 20, 1), sampleOf(MUTANTS, 200, 1)];
  expect(new Set(few.map(({file}) => file))).toEqual(new Set(FILES));
  expect(few.every((mutant) => more.includes(mutant))).toBe(true);
  expect([Math.abs(few.length - 20) < 9, Math.abs(more.length - 200) < 9]).toEqual([true, true]);
  expect(sampleOf(MUTANTS, 20, 2)).not.toEqual(few);
  expect(sampleOf(MUTANTS, Infinity, 1)).toEqual(MUTANTS);
});

test('a survivor must be explained, and what is explained must survive', () => {
  const [mutant] = MUTANTS;
  const [explanation] = EXPLAINED;
  if (mutant === undefined || explanation === undefined) throw new Error('Expected both.');
  const killed = {by: 'a test', how: 'an error'};
  const judged = [
    {mutant, verdict: null, explanation},
    {mutant, verdict: killed, explanation: null},
    {mutant, verdict: null, explanation: null},
    {mutant, verdict: {...killed, how: 'does not end'}, explanation},
  ];
  expect(judged.map(isWrong)).toEqual([false, false, true, true]);
  const lines = reportOf([mutant], judged, 7);
  expect(lines.filter((line) => /^(?:SURVIVED|EXPLAINED IN VAIN)/.test(line))).toHaveLength(2);
  expect(lines[lines.length - 1]).toBe(
    '4 of 1 mutants (400 %), 2 killed (1 of them by their time limit), 1 explained, 1 survived, 7 s of processor time',
  );
});
