/** The laboratory of these tests: a host that has bound Drive and spreadsheets, and AST.Storage as it is called there. */
import {World, type ProjectSource, type StartRequest, type WorldOptions} from '../simulator';
import type {StorageOptions, StorageReference, StoredValue} from '../../src/types';
import {libraryHost, pastedHost} from '../support/hosts';

const HOST = `
function storageApi() { return (typeof ASTX === 'undefined' ? AST : ASTX).Storage; }
function outcomeOf(act) {
  try { return {value: act()}; } catch (e) { return {error: {name: e.name, code: e.code, message: e.message, details: e.details}}; }
}
function api(method, args) { return outcomeOf(function () { return storageApi()[method].apply(null, args); }); }
function putBlob(bytes, type, name, options) { return storageApi().put(Utilities.newBlob(bytes, type, name), options); }
function getBlob(reference) {
  var blob = storageApi().get(reference);
  return blob.getBytes ? {bytes: blob.getBytes(), type: blob.getContentType(), name: blob.getName()} : blob;
}
`;

/** All that a host can hand over. */
export const ALL = '{drive: DriveApp, sheets: SpreadsheetApp}';

/** The bundle pasted beside a host that binds with these options. */
export function pasted(options = ALL, source = ''): ProjectSource {
  return pastedHost(`AST.Jobs.bind(globalThis, ${options});\n${HOST}${source}`);
}

/** The same, with the bundle as its library. */
export function asLibrary(options = ALL, source = ''): ProjectSource {
  return libraryHost(HOST + source, `ASTX.Jobs.bind(globalThis, ${options});`);
}

export interface Refusal {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: Refusal;
}

type Circumstances = Omit<StartRequest, 'fn' | 'args'>;

export class StorageLab {
  readonly world: World;

  constructor(options: WorldOptions = {}) {
    this.world = new World({project: pasted(), ...options});
  }

  put(value: unknown, options?: StorageOptions): StorageReference {
    return this.call('put', [value, options]) as StorageReference;
  }

  get(reference: unknown, ...more: readonly unknown[]): unknown {
    return this.call('get', [reference, ...more]);
  }

  remove(reference: unknown): unknown {
    return this.call('remove', [reference]);
  }

  list(filters?: unknown): readonly StoredValue[] {
    return this.call('list', [filters]) as readonly StoredValue[];
  }

  /** What a method returns; throws what it throws. */
  call(method: string, args: readonly unknown[], circumstances: Circumstances = {}): unknown {
    const {value, error} = this.world.call('api', [method, args], circumstances) as Outcome;
    if (error === undefined) return value;
    throw Object.assign(new Error(`${error.code}: ${error.message}`), error);
  }

  refusal(method: string, args: readonly unknown[], circumstances: Circumstances = {}): Refusal {
    const {value, error} = this.world.call('api', [method, args], circumstances) as Outcome;
    if (error === undefined) throw new Error(`Expected a refusal, got ${JSON.stringify(value)}`);
    return error;
  }

  /** Calls of one service so far. */
  callsOf(service: string): number {
    const {byMethod} = this.world.counts();
    return Object.keys(byMethod)
      .filter((method) => method.startsWith(`${service}.`))
      .reduce((sum, method) => sum + (byMethod[method] ?? 0), 0);
  }
}

/** Makes labs that end with their test. */
export function useLabs(): (options?: WorldOptions) => StorageLab {
  const open: StorageLab[] = [];
  afterEach(() => {
    for (const lab of open.splice(0)) lab.world.close();
  });
  return (options) => {
    const lab = new StorageLab(options);
    open.push(lab);
    return lab;
  };
}

export const LASTING = ['properties', 'drive', 'sheet'] as const;
export const KINDS = [...LASTING, 'cache'] as const;
