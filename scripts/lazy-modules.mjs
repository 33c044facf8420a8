import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import ts from 'typescript';

/**
 * Makes the modules of a bundle load when they are first used, not when the module that names them
 * is loaded. As they are published, the base class of an oclif command brings in plugin discovery
 * and globbing, and a MySQL connection brings in TLS: half of the start-up, for what no command needs.
 * docs/decisions/0060-start-up.md has the figures.
 */

/**
 * An esbuild plugin. Every module becomes CommonJS, where an import is a statement,
 * `const x = require('x')`; that becomes a function which loads, and each use of x a call of it.
 */
export const lazyModules = {
  name: 'lazy-modules',
  setup(build) {
    const wereModules = new Set();
    build.onResolve({ filter: NEVER_THERE }, ({ path }) => ({ path, namespace: 'never-there' }));
    build.onLoad({ filter: /./, namespace: 'never-there' }, () => ({ contents: "throw new Error('not there');" }));
    build.onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === RESOLVED) return undefined;
      // What an ES module imports is chosen as for one, and its package's type no longer holds.
      const asked = wereModules.has(importer) && kind === 'require-call' ? 'import-statement' : kind;
      const found = await build.resolve(path, { importer, resolveDir, kind: asked, pluginData: RESOLVED });
      return CODE.test(found.path) && !found.external ? { path: found.path, namespace: 'commonjs' } : found;
    });
    build.onLoad({ filter: CODE, namespace: 'commonjs' }, async ({ path }) => {
      const source = UTF8_ONLY.test(path) ? "module.exports = require('./internal');" : await read(path);
      if (IS_MODULE.test(source)) wereModules.add(path);
      return { contents: makeLazy(path, asCommonJs(path, source)), loader: 'js', resolveDir: dirname(path) };
    });
  },
};

/** mysql2 tries it, for colours in a debugger: the search through all directories takes a millisecond. */
const NEVER_THERE = /^cardinal$/;
const RESOLVED = Symbol('resolved');
const CODE = /\.[cm]?[jt]s$/;
const IS_MODULE = /^(import|export)\b/m;
/** Dolt speaks UTF-8: the tables of all other character sets are left out. */
const UTF8_ONLY = /[\\/]iconv-lite[\\/]encodings[\\/]index\.js$/;

/** A greeting tells the server's version, in ASCII; as CESU-8 it would be decoded by a library that nothing else needs. */
const GREETING = /[\\/]mysql2[\\/]lib[\\/]packets[\\/](?:handshake|auth_switch_request)\.js$/;

async function read(path) {
  const source = await readFile(path, 'utf8');
  if (GREETING.test(path)) return source.replaceAll("'cesu8'", "'utf8'");
  // It hides the name from bundlers: the search would be made at every start.
  return source.replace(/require\(`cardinal\$\{\w+\}`\)/, "require('cardinal')");
}

/**
 * As an ES module it would spread its functions over the bundle's outermost scope, where each of them
 * is made at every start.
 */
function asCommonJs(path, source) {
  if (!IS_MODULE.test(source)) return source;
  const here = source.replace(/\bimport\.meta\.(\w+)/g, (_, name) => HERE[name]);
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    allowJs: true,
    esModuleInterop: true,
  };
  return ts.transpileModule(here, { fileName: path, compilerOptions }).outputText;
}

const HERE = {
  dirname: '__dirname',
  filename: '__filename',
  url: "require('node:url').pathToFileURL(__filename).href",
};

function makeLazy(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const uses = usesByName(file);
  const edits = [];
  const lazy = new Set();
  for (const statement of file.statements) {
    const bindings = requiredBindings(statement);
    if (!bindings?.every(({ name }) => uses.get(name)?.every(isPlainUse) ?? true)) continue;
    const functions = bindings.map(({ name, value }) => {
      lazy.add(name);
      for (const use of uses.get(name) ?? []) edits.push(callInstead(use, name));
      return `var ${name}$; function ${name}() { return ${name}$ ??= ${value}; }`;
    });
    edits.push({ start: statement.getStart(), end: statement.end, text: functions.join(' ') });
  }
  for (const statement of file.statements) edits.push(...exportLazily(statement, lazy));
  edits.sort((a, b) => b.start - a.start);
  return edits.reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), source);
}

/** `exports.x = y.x` would load y after all: it becomes a getter. */
function exportLazily(statement, lazy) {
  const assignment = statement.expression;
  if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(assignment)) return [];
  const { left, operatorToken, right } = assignment;
  if (operatorToken.kind !== ts.SyntaxKind.EqualsToken || !ts.isPropertyAccessExpression(left)) return [];
  if (left.expression.getText() !== 'exports' || !(isRequire(right) || lazy.has(rootOf(right)))) return [];
  const name = left.name.text;
  const getter = `var ${name}$$; Object.defineProperty(exports, "${name}", { enumerable: true, configurable: true, get: () => ${name}$$ ??= `;
  return [
    { start: statement.getStart(), end: right.getStart(), text: getter },
    { start: right.end, end: statement.end, text: ' });' },
  ];
}

/** The x of `x.y.z`. */
function rootOf(node) {
  return ts.isPropertyAccessExpression(node) ? rootOf(node.expression) : node.text;
}

/** The names that a statement binds to what `require` gives, or undefined for another statement. */
function requiredBindings(statement) {
  if (!ts.isVariableStatement(statement)) return undefined;
  const bindings = statement.declarationList.declarations.map(boundByRequire);
  return bindings.every(Boolean) ? bindings.flat() : undefined;
}

function boundByRequire({ name, initializer }) {
  if (!initializer || !isRequire(initializer)) return undefined;
  const value = initializer.getText();
  if (ts.isIdentifier(name)) return [{ name: name.text, value }];
  const isPlain = (element) => ts.isIdentifier(element.name) && !element.initializer && !element.dotDotDotToken;
  if (!ts.isObjectBindingPattern(name) || !name.elements.every(isPlain)) return undefined;
  return name.elements.map((element) => ({
    name: element.name.text,
    value: `${value}.${(element.propertyName ?? element.name).getText()}`,
  }));
}

/** `require('x')`, `require('x').y`, and TypeScript's `__importDefault(require('x'))`. */
function isRequire(node) {
  if (ts.isPropertyAccessExpression(node)) return isRequire(node.expression);
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.arguments.length !== 1) return false;
  const [argument] = node.arguments;
  if (node.expression.text === 'require') return ts.isStringLiteral(argument);
  return node.expression.text.startsWith('__import') && isRequire(argument);
}

/** Every identifier of the file that may stand for a variable: none that names a member, none that `require` binds. */
function usesByName(file) {
  const uses = new Map();
  const visit = (node) => {
    if (requiredBindings(node)) return;
    if (ts.isIdentifier(node) && !isMemberName(node)) uses.set(node.text, [...(uses.get(node.text) ?? []), node]);
    ts.forEachChild(node, visit);
  };
  file.statements.forEach(visit);
  return uses;
}

function isMemberName(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === node;
  if (ts.isMethodDeclaration(parent) || ts.isAccessor(parent) || ts.isPropertyDeclaration(parent))
    return parent.name === node;
  return ts.isBindingElement(parent) && parent.propertyName === node;
}

/** Whether the identifier reads a variable: it declares none of that name again, and sets none. */
function isPlainUse(node) {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if ('name' in parent && parent.name === node) return false;
  if (ts.isBinaryExpression(parent) && parent.left === node) return !ts.isAssignmentOperator(parent.operatorToken.kind);
  return !ts.isPrefixUnaryExpression(parent) && !ts.isPostfixUnaryExpression(parent) ? true : isNegation(parent);
}

function isNegation(node) {
  return node.operator === ts.SyntaxKind.ExclamationToken;
}

/** Whether it stands in the x of `new x()` or `new x.y()`, where a call would be taken for the constructor's. */
function isConstructed(node) {
  let outer = node;
  while (ts.isPropertyAccessExpression(outer.parent) && outer.parent.expression === outer) outer = outer.parent;
  return ts.isNewExpression(outer.parent) && outer.parent.expression === outer;
}

function callInstead(node, name) {
  const { parent } = node;
  const [start, end] = [node.getStart(), node.end];
  if (ts.isShorthandPropertyAssignment(parent)) {
    const isExport = parent.parent.parent.getText().startsWith('module.exports');
    return { start, end, text: isExport ? `get ${name}() { return ${name}(); }` : `${name}: ${name}()` };
  }
  return { start, end, text: isConstructed(node) ? `(${name}())` : `${name}()` };
}
