/** DriveApp: handles of folders and files. Names, sizes and dates come with the handle; all else is a call. */
import type {Kit} from './kit';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  readonly createdMs: number;
}

export function installDriveApp(kit: Kit): void {
  const {options, exception} = kit;
  const SCOPE = 'https://www.googleapis.com/auth/drive';
  const call = (method: string, ...args: unknown[]) => {
    if (options.authMode === 'LIMITED') {
      throw exception(`You do not have permission to call DriveApp.${method}. Required permissions: ${SCOPE}`);
    }
    return kit.ask('drive', method, null, args);
  };
  kit.define('DriveApp', {
    createFolder: (name: unknown) => makeFolder(call('createFolder', String(name)) as Shown, call),
    getFileById: (id: unknown) => makeFile(call('getFileById', String(id)) as Shown, call),
    getFolderById: (id: unknown) => makeFolder(call('getFolderById', String(id)) as Shown, call),
  });
}

export function makeFolder({id, name}: Shown, call: (method: string, ...args: unknown[]) => unknown): unknown {
  const files = (shown: unknown) => makeIterator((shown as Shown[]).map((file) => makeFile(file, call)));
  return {
    getId: () => id,
    getName: () => name,
    isTrashed: () => call('isTrashed', id),
    setTrashed: (isTrashed: boolean) => void call('setTrashed', id, isTrashed),
    addEditor: (user: string) => void call('addEditor', id, user),
    createFile: (fileName: unknown, text: unknown) =>
      makeFile(call('createFile', id, String(fileName), String(text)) as Shown, call),
    getFiles: () => files(call('getFiles', id)),
    searchFiles: (params: unknown) => files(call('searchFiles', id, String(params))),
    getFilesByName: (wanted: unknown) => files(call('getFilesByName', id, String(wanted))),
  };
}

export function makeFile(
  {id, name, bytes, createdMs}: Shown,
  call: (method: string, ...args: unknown[]) => unknown,
): unknown {
  return {
    getId: () => id,
    getName: () => name,
    getSize: () => bytes,
    getDateCreated: () => new Date(createdMs),
    getParents: () => makeIterator((call('getParents', id) as string[]).map((parent) => ({getId: () => parent}))),
    getBlob: () => {
      const text = call('getBlob', id) as string;
      return {getDataAsString: () => text};
    },
    isTrashed: () => call('isTrashed', id),
    setTrashed: (isTrashed: boolean) => void call('setTrashed', id, isTrashed),
  };
}

export function makeIterator(items: readonly unknown[]): unknown {
  let index = 0;
  return {hasNext: () => index < items.length, next: () => items[index++]};
}
