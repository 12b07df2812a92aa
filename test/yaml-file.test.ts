// dist-extras/Yaml.js as Apps Script gets it: a classic script, loaded where no service and no web API exists.
import {readFileSync} from 'node:fs';
import vm from 'node:vm';
import gas from 'gas-local';

const code = readFileSync('dist-extras/Yaml.js', 'utf8');

interface AstYaml {
  parse(text: string): unknown;
}

function loaded(globals: object = {}): {readonly globals: readonly string[]; readonly yaml: AstYaml} {
  const context = vm.createContext(globals) as {ASTYaml: AstYaml};
  vm.runInContext(code, context);
  return {globals: Object.getOwnPropertyNames(context), yaml: context.ASTYaml};
}

const {yaml} = loaded();
/** Into this realm, so that `toEqual` looks at values alone. */
const parse = (text: string): unknown => JSON.parse(JSON.stringify(yaml.parse(text)));

function complaint(text: string): string {
  try {
    return `Expected a complaint, got ${JSON.stringify(yaml.parse(text))}`;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

test('It declares ASTYaml with parse, and nothing else', () => {
  expect(loaded().globals).toEqual(['ASTYaml']);
  expect(Object.keys(yaml)).toEqual(['parse']);
});

test('It names no service, and says whose work it is', () => {
  expect(code.match(/\b(?:[A-Z]\w*(?:App|Service)|Jdbc|Session)\b/g)).toBeNull();
  expect(code).toMatch(/\/\*! yaml \d+\.\d+\.\d+ \| ISC \| Copyright Eemeli Aro .* \| minified \*\//);
});

test('It touches no global that Apps Script may not have, neither at load nor when it reads', () => {
  const touched: string[] = [];
  const trap = Object.fromEntries(
    ['Buffer', 'process', 'URL', 'atob', 'btoa', 'console', 'setTimeout', 'require', 'window'].map((name) => [
      name,
      {get: () => void touched.push(name), enumerable: true},
    ]),
  );
  const {yaml: watched} = loaded(Object.defineProperties({}, trap));
  watched.parse('a: [1, "two", !!str 3]\nb: &x {c: .5}\nd: *x\n');
  expect(() => watched.parse('a: !!binary aGVsbG8=')).toThrow();
  expect(touched).toEqual([]);
});

test('It is no part of what clasp pushes and gas-local loads', () => {
  expect(Object.keys(gas.require('dist', {}))).not.toContain('ASTYaml');
});

test('It reads what people write in workflows', () => {
  expect(
    parse(`
# a comment
name: "data-pipeline"
version: 1.0
jobs:
  - name: extract
    args: [ "extract.py", 3 ]
    retry: &twice {maxRetries: 2}
  - name: load
    depends_on:
      - extract
    retry: *twice
    payload:
      text: |
        two
        lines
      when: 2026-01-05
      yes: yes
      none: ~
`),
  ).toEqual({
    name: 'data-pipeline',
    version: 1,
    jobs: [
      {name: 'extract', args: ['extract.py', 3], retry: {maxRetries: 2}},
      {
        name: 'load',
        depends_on: ['extract'],
        retry: {maxRetries: 2},
        payload: {text: 'two\nlines\n', when: '2026-01-05', yes: 'yes', none: null},
      },
    ],
  });
});

test('A key is text, and one of an object prototype is a key like any other', () => {
  expect(parse('1: x')).toEqual({'1': 'x'});
  const value = yaml.parse('__proto__: {polluted: true}\nconstructor: 1') as object;
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect((value as {polluted?: unknown}).polluted).toBeUndefined();
});

test.each<[text: string, says: RegExp]>([
  ['a: 1\nb: 2\na: 3', /^Map keys must be unique at line 3, column 1$/],
  ['jobs:\n\t- name: a', /^Tabs are not allowed as indentation at line 2, column 1$/],
  ['a: b: c', /at line 1, column 4$/],
  ['[1, 2', /^Flow sequence .* at line 1, column 6$/],
  ['a: "open', /quote.* at line 1/],
  ['a: *nobody', /^Unresolved alias .*: nobody$/],
  ['? [a]\n: b', /all keys must be strings at line 1, column 3$/],
  ['a: !secret 1', /^Unresolved tag: !secret at line 1, column 4$/],
  ['a: !!binary aGVsbG8=', /^Unresolved tag: .*binary at line 1, column 4$/],
  ['a: !!js/function "x"', /^Unresolved tag: .* at line 1, column 4$/],
  ['%YAML 1.1\n---\na: !!set {b}', /^Unresolved tag: .*set at line 3, column 4$/],
  ['a: 1\n---\nb: 2', /^There is more than one document/],
])('%j is refused, with the place where it is known', (text, says) => {
  expect(complaint(text)).toMatch(says);
});

test('Nesting that no stack holds is refused', () => {
  expect(complaint('['.repeat(20_000))).toMatch(/call stack/);
});

test('The lines of the text are not shown, which may hold a secret', () => {
  expect(complaint('token: hunter2\ntoken: hunter2')).not.toContain('hunter2');
});

/** Nine lines, each of which names the one before nine times: 9⁹ values. */
function bomb(): string {
  const rows = ['r0: &r0 [x, x, x, x, x, x, x, x, x]'];
  for (let row = 1; row < 9; row++)
    rows.push(
      `r${row}: &r${row} [${Array(9)
        .fill(`*r${row - 1}`)
        .join(', ')}]`,
    );
  return rows.join('\n');
}

test('A bomb of aliases is refused before it goes off', () => {
  const startMs = Date.now();
  expect(complaint(bomb())).toMatch(/^Excessive alias count/);
  expect(Date.now() - startMs).toBeLessThan(2_000);
});

test('A thousand jobs may share an anchor', () => {
  const text = `a: &a {maxRetries: 1}\njobs:\n${'  - {retry: *a}\n'.repeat(1_000)}`;
  expect((parse(text) as {jobs: readonly unknown[]}).jobs).toHaveLength(1_000);
});
