/** How a source text is mutated: each mutator looks at one node of the syntax tree and says what else could stand there. */
import ts from 'typescript';
import {mutantOf, type Edit, type Mutant} from './mutant';

type Mutator = (node: ts.Node) => readonly Edit[];

const OPERATORS: Readonly<Record<string, readonly [mutator: string, put: string]>> = {
  '<': ['boundary', '<='],
  '<=': ['boundary', '<'],
  '>': ['boundary', '>='],
  '>=': ['boundary', '>'],
  '===': ['equality', '!=='],
  '!==': ['equality', '==='],
  '+': ['arithmetic', '-'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '+=': ['arithmetic', '-='],
  '-=': ['arithmetic', '+='],
  '&&': ['logic', '||'],
  '||': ['logic', '&&'],
  '??=': ['logic', '='],
};

const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
};

/** Methods that give what they are called on, in part, in another order or with more. */
const SIEVES: readonly string[] = ['filter', 'sort', 'slice', 'concat'];

/** All mutants of a source text. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node, within: string): void => {
    if (isOfTypes(node)) return;
    const name = nameOfFunction(node) ?? within;
    for (const mutator of MUTATORS) for (const edit of mutator(node)) mutants.push(mutantOf(file, text, name, edit));
    ts.forEachChild(node, (child) => {
      visit(child, name);
    });
  };
  visit(tree, 'top');
  return mutants;
}

/** What is gone at run time. */
function isOfTypes(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node)
  );
}

function nameOfFunction(node: ts.Node): string | null {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const isNamed = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
  return isNamed && node.name !== undefined ? node.name.getText() : null;
}

function instead(mutator: string, node: ts.Node, put: string): readonly Edit[] {
  return [{mutator, start: node.getStart(), end: node.getEnd(), put}];
}

/** A guard that never holds; any other condition negated. */
const condition: Mutator = (node) => {
  if (ts.isIfStatement(node)) {
    const isGuard = node.elseStatement === undefined && leaves(node.thenStatement);
    if (isGuard) return instead('dropped guard', node.expression, 'false');
    return instead('negated condition', node.expression, `!(${node.expression.getText()})`);
  }
  if (ts.isWhileStatement(node))
    return instead('negated condition', node.expression, `!(${node.expression.getText()})`);
  if (ts.isConditionalExpression(node))
    return instead('negated condition', node.condition, `!(${node.condition.getText()})`);
  return [];
};

function leaves(statement: ts.Statement): boolean {
  const last = ts.isBlock(statement) ? statement.statements[statement.statements.length - 1] : statement;
  return (
    last !== undefined &&
    (ts.isReturnStatement(last) ||
      ts.isThrowStatement(last) ||
      ts.isContinueStatement(last) ||
      ts.isBreakStatement(last))
  );
}

/** Whether negating a node is what `condition` does already. */
function isCondition(node: ts.Node): boolean {
  const {parent} = node;
  return (
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isWhileStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node)
  );
}

const operator: Mutator = (node) => {
  if (!ts.isBinaryExpression(node)) return [];
  const known = OPERATORS[node.operatorToken.getText()];
  if (known === undefined) return fallback(node);
  const [mutator, put] = known;
  if (mutator === 'equality' && isCondition(node)) return [];
  if (put === '-' && [node.left, node.right].some(isText)) return [];
  return instead(mutator, node.operatorToken, put);
};

function fallback(node: ts.BinaryExpression): readonly Edit[] {
  const isFallback = node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return isFallback ? instead('dropped fallback', node, node.left.getText()) : [];
}

function isText(node: ts.Expression): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

const unary: Mutator = (node) => {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken && !isCondition(node))
    return instead('negation', node, node.operand.getText());
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken)
    return instead('sign', node, node.operand.getText());
  // A loop that counts the wrong way only ever hangs.
  if (!ts.isPostfixUnaryExpression(node) || ts.isForStatement(node.parent)) return [];
  const put = node.operator === ts.SyntaxKind.PlusPlusToken ? '--' : '++';
  return instead('arithmetic', node, `${node.operand.getText()}${put}`);
};

const constant: Mutator = (node) => {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return instead('constant', node, 'false');
  if (node.kind === ts.SyntaxKind.FalseKeyword) return instead('constant', node, 'true');
  if (!ts.isNumericLiteral(node)) return [];
  return instead('constant', node, Number(node.text) === 0 ? '1' : '0');
};

const statement: Mutator = (node) => {
  if (!ts.isExpressionStatement(node)) return [];
  return instead('dropped statement', node, ';');
};

/** Where one object is made of another, each of its parts may be missing. */
const override: Mutator = (node) => {
  if (!ts.isObjectLiteralExpression(node) || !node.properties.some(ts.isSpreadAssignment)) return [];
  return node.properties.map((property, index): Edit => {
    const [next, previous] = [node.properties[index + 1], node.properties[index - 1]];
    const start = next === undefined && previous !== undefined ? previous.getEnd() : property.getStart();
    const end = next === undefined ? property.getEnd() : next.getStart();
    return {mutator: ts.isSpreadAssignment(property) ? 'dropped spread' : 'dropped override', start, end, put: ''};
  });
};

const method: Mutator = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const {name, expression: receiver} = node.expression;
  if (SIEVES.includes(name.text)) return instead(`dropped ${name.text}`, node, receiver.getText());
  const put = METHODS[name.text];
  return put === undefined ? [] : instead('method', name, put);
};

/** What a function of two answers answers. */
const answer: Mutator = (node) => {
  const value = answerOf(node);
  if (value === null || value.kind === ts.SyntaxKind.TrueKeyword || value.kind === ts.SyntaxKind.FalseKeyword)
    return [];
  return [...instead('answer', value, 'true'), ...instead('answer', value, 'false')];
};

function answerOf(node: ts.Node): ts.Expression | null {
  if (ts.isArrowFunction(node))
    return node.type?.kind === ts.SyntaxKind.BooleanKeyword && !ts.isBlock(node.body) ? node.body : null;
  if (!ts.isReturnStatement(node) || node.expression === undefined) return null;
  let owner: ts.Node = node.parent;
  while (!ts.isFunctionLike(owner)) owner = owner.parent;
  return owner.type?.kind === ts.SyntaxKind.BooleanKeyword ? node.expression : null;
}

const MUTATORS: readonly Mutator[] = [condition, operator, unary, constant, statement, override, method, answer];
