// The bundle as Apps Script gets it: a classic script, loaded where no service exists.
import {readFileSync} from 'node:fs';
import vm from 'node:vm';
import gas from 'gas-local';

const code = readFileSync('dist/Code.js', 'utf8');

/** The services that the library uses. Apps Script derives the permissions it asks for from the names in the text. */
const SERVICES = ['PropertiesService', 'LockService', 'CacheService', 'ScriptApp', 'Utilities', 'console'];

/** Every global of Apps Script, read from its type declarations: services, and the enumerations beside them. */
function globalsOfAppsScript(): string[] {
  const folder = 'node_modules/@types/google-apps-script';
  const index = readFileSync(`${folder}/index.d.ts`, 'utf8');
  const files = [...index.matchAll(/<reference path="([^"]+)"/g)].map((match) => match[1] ?? '');
  const declarations = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8')).join('\n');
  return [...declarations.matchAll(/^declare var (\w+):/gm)].map((match) => match[1] ?? '');
}

test('The globals are AST and astJobsWorker, and loading touches no service.', () => {
  const context = vm.createContext({});
  vm.runInContext(code, context);
  expect(Object.getOwnPropertyNames(context).sort()).toEqual(['AST', 'astJobsWorker']);
});

test('AST shows Jobs and Storage and nothing internal.', () => {
  const context: {AST?: object} = vm.createContext({});
  vm.runInContext(code, context);
  expect(Object.keys(context.AST ?? {})).toEqual(['Jobs', 'Storage']);
});

test('astJobsWorker passes the event to AST.Jobs.work and returns its result.', () => {
  const context = vm.createContext({});
  vm.runInContext(code, context);
  const answer: unknown = vm.runInContext('AST = {Jobs: {work: (e) => [e]}}; astJobsWorker("event")', context);
  expect(answer).toEqual(['event']);
});

test('The text names no service that would make Apps Script ask for another permission.', () => {
  const known = globalsOfAppsScript();
  expect(known).toEqual(expect.arrayContaining(['DriveApp', 'SpreadsheetApp', 'UrlFetchApp', 'ScriptApp', 'Jdbc']));
  const words = new Set(code.match(/\b\w+(?:App|Service)\b|\bJdbc\b|\bSession\b/g));
  expect(known.filter((name) => words.has(name) && !SERVICES.includes(name))).toEqual([]);
});

test('The folder that clasp pushes loads as one script.', () => {
  expect(Object.keys(gas.require('dist', {})).sort()).toEqual(['AST', 'astJobsWorker']);
});

test('The manifest is the one at the root.', () => {
  expect(readFileSync('dist/appsscript.json', 'utf8')).toBe(readFileSync('appsscript.json', 'utf8'));
});
