/**
 * The facades of the services as one text, which is compiled inside each realm: so their objects and errors belong to
 * the realm, as Google's do, and nothing of the thread can be reached through them.
 */
import {Script} from 'node:vm';
import type {Context} from 'node:vm';
import {describeThrown, makeEntry} from './facades/entry';
import type {Entry} from './facades/entry';
import {makeKit} from './facades/kit';
import type {Bridge, Installer, RealmOptions} from './facades/kit';
import {
  installClock,
  installConsole,
  installRandom,
  installSession,
  installSim,
  removeForeignGlobals,
} from './facades/runtime';
import {installDriveApp, makeFile, makeFolder, makeIterator} from './facades/drive-app';
import {clockTrigger, installScriptApp} from './facades/script-app';
import {areaOf, installSpreadsheetApp, makeRange, makeSheet, packCell, unpackCell} from './facades/spreadsheet-app';
import {installCache, installLocks, installProperties} from './facades/stores';
import {
  bytesOfData,
  formatDate,
  installContent,
  installUrlFetch,
  installUtilities,
  makeBlob,
} from './facades/utilities';

const INSTALLERS: readonly Installer[] = [
  installClock,
  installRandom,
  installConsole,
  installSession,
  installSim,
  installProperties,
  installCache,
  installLocks,
  installScriptApp,
  installUtilities,
  installUrlFetch,
  installContent,
  installSpreadsheetApp,
  installDriveApp,
  removeForeignGlobals,
];

/** What those call by name. */
const PARTS: readonly {readonly name: string}[] = [
  makeKit,
  makeEntry,
  describeThrown,
  clockTrigger,
  bytesOfData,
  makeBlob,
  formatDate,
  makeSheet,
  makeRange,
  areaOf,
  packCell,
  unpackCell,
  makeFolder,
  makeFile,
  makeIterator,
];

// Names are taken from the functions: the bundler may have changed them, in the texts as well.
const TEXT = `((bridge, options) => {
${[...PARTS, ...INSTALLERS].map(String).join('\n')}
const kit = ${makeKit.name}(bridge, options);
${INSTALLERS.map(({name}) => `${name}(kit);`).join('\n')}
return ${makeEntry.name}(kit);
})`;

const script = new Script(TEXT, {filename: 'simulator-prelude.js'});

export function furnish(context: Context, options: RealmOptions, bridge: Bridge): Entry {
  const open = script.runInContext(context) as (bridge: Bridge, optionsText: string) => Entry;
  return open(bridge, JSON.stringify(options));
}
