/** What the probe is written in: ES2019 as a classic script, few services, and no name that a script may have itself. */
import {Linter} from 'eslint';
import {PROBE_FILES} from './lab';

const SERVICES = ['PropertiesService', 'LockService', 'CacheService', 'ScriptApp', 'Utilities', 'console'];

function problemsOf(source: string, globals: readonly string[]): readonly string[] {
  const config: Linter.Config = {
    languageOptions: {
      ecmaVersion: 2019,
      sourceType: 'script',
      globals: Object.fromEntries(globals.map((name) => [name, 'readonly'])),
    },
    rules: {'no-undef': ['error', {typeof: true}]},
  };
  return new Linter().verify(source, config).map(({line, message}) => `${line}: ${message}`);
}

test('its files are ES2019, pasted as one or one by one, and name no other service', () => {
  const all = PROBE_FILES.map(({source}) => source).join('\n');
  // `globalThis` is younger; Apps Script has it, and so has every library that is told `bind(globalThis)`.
  expect(problemsOf(all, [...SERVICES, 'globalThis', 'AST', 'ASTProbeLibrary'])).toEqual([]);
  for (const {source} of PROBE_FILES) expect(() => new Function(source)).not.toThrow();
});

test('what is younger, and what is not listed, would be found', () => {
  expect(problemsOf('const a = {}; a?.b;', [])).toEqual([expect.stringContaining('Parsing error')]);
  expect(problemsOf('class A { b = 1; }', [])).toEqual([expect.stringContaining('Parsing error')]);
  expect(problemsOf('DriveApp.getFiles();', SERVICES)).toEqual(["1: 'DriveApp' is not defined."]);
});

test('no comment and no text names a service that would cost a permission', () => {
  const words = PROBE_FILES.flatMap(({source}) => source.match(/\b(?:[A-Z]\w*(?:App|Service)|Jdbc|Session)\b/g) ?? []);
  expect(words.filter((word) => !SERVICES.includes(word))).toEqual([]);
});

test('every global of it is a name of its own, and only what is to be called has no underscore at its end', () => {
  const names = PROBE_FILES.flatMap(({source}) =>
    [...source.matchAll(/^(?:function|const) (\w+)/gm)].map((match) => match[1] ?? ''),
  );
  expect(names.filter((name) => !/^(?:probe|astProbe|AST_PROBE_)/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.endsWith('_') && !name.startsWith('AST_PROBE_')).sort()).toEqual([
    ...['astProbeBeat', 'astProbeConst', 'astProbeReach', 'astProbeShot'],
    ...['probe', 'probeCleanUp'],
  ]);
});
