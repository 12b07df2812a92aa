// Rules of style that a reader relies on, checked over the sources. What eslint and dependency-cruiser check by name of
// a rule is not repeated, but for the direction of dependencies, which two tools may well guard.
import {readdirSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import ts from 'typescript';

interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

function pathsIn(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

function sourceAt(path: string): Source {
  const text = readFileSync(path, 'utf8');
  return {path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)};
}

/** Every node of a file; comments are none. */
function nodesOf(node: ts.Node): readonly ts.Node[] {
  const nodes = [node];
  ts.forEachChild(node, (child) => void nodes.push(...nodesOf(child)));
  return nodes;
}

function importsOf({path, tree}: Source): readonly string[] {
  return nodesOf(tree)
    .filter((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    .flatMap(({moduleSpecifier}) =>
      moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [],
    )
    .map((specifier) => (specifier.startsWith('.') ? `${posix.join(posix.dirname(path), specifier)}.ts` : specifier));
}

const SOURCES = pathsIn('src', '.ts').map(sourceAt);
const LAYERS = ['index', 'platform', 'engine', 'orchestration', 'core', 'errors', 'types'] as const;
const layerOf = (path: string): number =>
  LAYERS.indexOf(path.replace(/^src\//, '').replace(/(\/|\.ts$).*/, '') as (typeof LAYERS)[number]);
const lineOf = (tree: ts.SourceFile, node: ts.Node): number =>
  tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;

test('there is something to check', () => {
  expect(SOURCES.length).toBeGreaterThan(30);
  expect(SOURCES.flatMap(importsOf).length).toBeGreaterThan(100);
});

test('every file of src belongs to a layer', () => {
  expect(SOURCES.filter(({path}) => layerOf(path) < 0).map(({path}) => path)).toEqual([]);
});

test('dependencies point one way: index, platform, engine, orchestration, core, errors, types', () => {
  const wrong = SOURCES.flatMap((source) =>
    importsOf(source)
      .filter((target) => target.startsWith('src/') && layerOf(target) < layerOf(source.path))
      .map((target) => `${source.path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('every import within src leads to a file that is there', () => {
  const known = new Set(SOURCES.map(({path}) => path));
  const targets = SOURCES.flatMap(importsOf).filter((target) => target.endsWith('.ts'));
  expect(targets.filter((target) => !known.has(target))).toEqual([]);
});

test('the core and the orchestration import no port', () => {
  const pure = SOURCES.filter(({path}) => /^src\/(core|orchestration)\//.test(path));
  expect(pure.flatMap(importsOf).filter((target) => target.endsWith('ports.ts'))).toEqual([]);
});

test('the only packages in the bundle are croner and fflate', () => {
  expect([...new Set(SOURCES.flatMap(importsOf).filter((target) => !target.startsWith('src/')))].sort()).toEqual([
    'croner',
    'fflate',
  ]);
});

test('no file of src is dead', () => {
  const used = new Set(SOURCES.flatMap(importsOf));
  expect(SOURCES.map(({path}) => path).filter((path) => path !== 'src/index.ts' && !used.has(path))).toEqual([]);
});

test('instanceof and eval do not occur in src', () => {
  const found = SOURCES.flatMap(({path, tree}) =>
    nodesOf(tree)
      .filter(
        (node) => node.kind === ts.SyntaxKind.InstanceOfKeyword || (ts.isIdentifier(node) && node.text === 'eval'),
      )
      .map((node) => `${path}:${lineOf(tree, node)}`),
  );
  expect(found).toEqual([]);
});

test('nothing is left to do in src, comments included', () => {
  const found = SOURCES.flatMap(({path, text}) => (/\b(?:TODO|FIXME|XXX|HACK)\b/.test(text) ? [path] : []));
  expect(found).toEqual([]);
});

const SERVICES = [
  ...['PropertiesService', 'LockService', 'CacheService', 'ScriptApp', 'Utilities', 'Session', 'Logger', 'console'],
  ...[
    'SpreadsheetApp',
    'DriveApp',
    'DocumentApp',
    'UrlFetchApp',
    'HtmlService',
    'MailApp',
    'GmailApp',
    'ContentService',
    'Jdbc',
  ],
];

test('only the platform names services of Apps Script, except in comments', () => {
  const found = SOURCES.filter(({path}) => !path.startsWith('src/platform/')).flatMap(({path, tree}) =>
    nodesOf(tree)
      .filter(
        (node) =>
          (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) &&
          SERVICES.some((name) => new RegExp(`\\b${name}\\b`).test(node.text)),
      )
      .map((node) => `${path}:${lineOf(tree, node)} ${node.getText()}`),
  );
  expect(found).toEqual([]);
});

/** Lines that are neither blank nor comment, as eslint counts them. */
function codeLines({text}: Source): number {
  const withoutBlocks = text.replace(/^ *\/\*[^]*?\*\/ *$/gm, '');
  return withoutBlocks.split('\n').filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length;
}

test('no file of src has more than 300 lines of code', () => {
  expect(SOURCES.filter((source) => codeLines(source) > 300).map(({path}) => path)).toEqual([]);
});

test('every file of src opens with a comment that says what it is for', () => {
  const bare = SOURCES.filter(({text}) => !/^\/\*\*(?: |\n \* )\S[^]{20,}?\*\//.test(text));
  expect(bare.map(({path}) => path)).toEqual([]);
});

test('no file name is a bucket for everything', () => {
  const buckets = /(?:^|[/-])(?:utils?|helpers?|common|misc|manager)(?:[/.-]|$)/;
  expect([...pathsIn('src', '.ts'), ...pathsIn('test', '.ts')].filter((path) => buckets.test(path))).toEqual([]);
});

/** The names of the tests of a file, each behind those of the blocks around it. */
function testNames({tree}: Source): readonly string[] {
  const visit = (node: ts.Node, above: string): readonly string[] => {
    const call = ts.isCallExpression(node) ? node : null;
    const callee = call === null ? '' : call.expression.getText().replace(/\.each\b[^]*$/, '');
    const [first] = call?.arguments ?? [];
    const name =
      first !== undefined && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first)) ? first.getText() : null;
    if (name !== null && /^(?:test|it)(?:\.(?:only|failing))?$/.test(callee)) return [`${above}${name}`];
    const block = name !== null && callee.startsWith('describe') ? `${above}${name} › ` : above;
    const names: string[] = [];
    ts.forEachChild(node, (child) => void names.push(...visit(child, block)));
    return names;
  };
  return visit(tree, '');
}

const TESTS = pathsIn('test', '.test.ts').map(sourceAt);

test('no two tests of one file share a name', () => {
  const doubled = TESTS.flatMap((source) => {
    const names = testNames(source);
    return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${source.path}: ${name}`);
  });
  expect(TESTS.flatMap(testNames).length).toBeGreaterThan(300);
  expect(doubled).toEqual([]);
});

test('no test is switched off or runs alone', () => {
  // A block that is chosen by what is installed, `(isThere ? describe : describe.skip)(…)`, is no such call.
  const isCalled = (node: ts.Node): boolean =>
    ts.isCallExpression(node.parent) || node.parent.getText().endsWith('.each');
  const found = TESTS.flatMap(({path, tree}) =>
    nodesOf(tree)
      .filter((node) => ts.isPropertyAccessExpression(node) && isCalled(node))
      .filter((node) => /^(?:test|it|describe)\.(?:skip|only|todo)$/.test(node.getText()))
      .map((node) => `${path}:${lineOf(tree, node)}`),
  );
  expect(found).toEqual([]);
});

test('every file of the core, the orchestration and the platform that has code has a test of its name', () => {
  const known = new Set(TESTS.map(({path}) => path));
  const withoutCode = ['handles', 'header', 'limits'];
  const missing = SOURCES.filter(({path}) => /^src\/(core|orchestration|platform)\//.test(path))
    .map(({path}) => path.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts'))
    .filter((path) => !known.has(path) && !withoutCode.includes(posix.basename(path, '.test.ts')));
  expect(missing).toEqual([]);
});
