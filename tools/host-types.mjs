// The declarations for hosts that are written in TypeScript: src/types and the exports of src/index.ts as one file.
//
// It may have no import and no export, since a script for Apps Script is no module and sees only globals. So everything
// goes into one namespace, AstJobs. The compiler does the work file by file (isolated declarations), which takes a tenth
// of a second and asks that src/index.ts spells its types out.
import {readFileSync} from 'node:fs';
import ts from 'typescript';

/** Those that src/types.ts exports, in its order. */
const TYPE_FILES = [...readFileSync('src/types.ts', 'utf8').matchAll(/ from '\.\/(types\/[\w-]+)'/g)].map(
  ([, name]) => `src/${name}.ts`,
);

/** The text of dist/types/ast-jobs.d.ts. */
export function hostTypes(banner) {
  const declarations = TYPE_FILES.flatMap(declarationsOf);
  const header = headerOf(declarations[0]);
  const types = declarations.map(asType);
  const objects = declarationsOf('src/index.ts').map(asInterface);
  const body = [...types, ...objects.map(({text}) => text)].join('\n').replace(header, '').trim();
  const members = objects.map(({name}) => `        readonly ${name}: AstJobs.${name};`).join('\n');
  return `${banner}\n\n${header}declare namespace AstJobs {\n${indented(body)}\n}\n${globals(members)}`;
}

function globals(members) {
  return `
/**
 * The library as its host sees it, under the identifier that you gave it in the editor:
 * \`declare const ASTLib: AstLibrary;\`
 */
interface AstLibrary {
    readonly AST: {
${members}
    };
    /** For hosts without a function of this name: \`bind(globalThis, {triggerHandler: 'ASTLib.astJobsWorker'})\`. */
    astJobsWorker(e?: unknown): unknown;
}

/** Where Code.js is pasted into the project itself. In the library form it is \`ASTLib.AST\`. */
declare const AST: AstLibrary['AST'];

/**
 * What the library's triggers call. A host of the library form defines this function itself; of type \`any\`, so that it
 * may give its own types to the event and to what it returns.
 */
declare function astJobsWorker(e?: any): any;
`;
}

/** The statements of a file's declarations but for its imports and the empty export that marks a module. */
function declarationsOf(fileName) {
  const {outputText, diagnostics = []} = ts.transpileDeclaration(readFileSync(fileName, 'utf8'), {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {isolatedDeclarations: true, strict: true, target: ts.ScriptTarget.ES2019},
  });
  const problems = diagnostics.map(({messageText}) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  if (problems.length > 0) throw new Error(`${fileName}: ${problems.join('\n')}`);
  const file = ts.createSourceFile(fileName, outputText, ts.ScriptTarget.Latest, true);
  return file.statements.filter((node) => !ts.isImportDeclaration(node) && node.getText() !== 'export {};');
}

/** In an ambient namespace everything is exported. */
function asType(node) {
  if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node))
    throw new Error(`src/types.ts declares something that is no type: ${node.getText()}`);
  return commentsOf(node) + node.getText().replace(/^export /, '');
}

/** `export declare const Jobs: {…}` as `interface Jobs {…}`, since a host has no value of that name. */
function asInterface(node) {
  const [declaration] = ts.isVariableStatement(node) ? node.declarationList.declarations : [];
  const type = declaration?.type;
  if (type === undefined || !ts.isTypeLiteralNode(type))
    throw new Error(`src/index.ts exports something that is no object: ${node.getText()}`);
  const name = declaration.name.getText();
  return {name, text: `${commentsOf(node)}interface ${name} ${type.getText()}`};
}

/** The comment on the whole file, which stands before that on its first statement. */
function headerOf(node) {
  const [whole, first] = ts.getLeadingCommentRanges(node.getFullText(), 0) ?? [];
  return first === undefined ? '' : node.getFullText().slice(whole.pos, first.pos);
}

function commentsOf(node) {
  return node.getFullText().slice(0, node.getStart() - node.getFullStart());
}

function indented(text) {
  return text.replace(/^(?=.)/gm, '    ');
}
