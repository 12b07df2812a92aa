/**
 * Texts as files of one folder in Drive. A locator is `<file id>/<name>`: a file is read or deleted only if it has that
 * name and lies in the folder. `createFile` makes a file with its content in one call, so that none is half there.
 *
 * Where no folder is configured, one is made at first use and its id remembered beside the jobs. A folder that merely has
 * the name is not taken: it may be another script's, whose files would look like left-overs here.
 */
import {FOLDER_KEY} from '../core/keys';
import {MAX_DRIVE_VALUE_BYTES, MAX_LISTED_FILES} from '../core/limits';
import {makeLocator} from '../core/locator';
import {isStoredName} from '../core/value-name';
import {checkText, foreign, locate, reach, unavailable} from '../engine/backend';
import {underLock} from '../engine/hold';
import {patiently} from '../engine/patience';
import type {Backend, StorePorts} from '../engine/ports';
import type {DriveLike, FileLike, FolderLike, IteratorLike} from './handles';

const FOLDER_NAME = 'AST.Jobs';
/** https://developers.google.com/workspace/drive/api/guides/ref-search-terms; asking each file would be a call each. */
const NOT_IN_TRASH = 'trashed = false';
/** A file that cannot be opened is tried so often before it is looked for in its folder. */
const OPEN_TRIES = 3;

/** The port over Drive; the folder is opened at the first call. */
export function driveBackend(service: DriveLike, folderId: string | null, ports: StorePorts): Backend {
  const folder = new Folder(service, folderId, ports);
  const use = <Result>(call: () => Result): Result => reach('drive', ports, call);
  return {
    kind: 'drive',
    maxBytes: MAX_DRIVE_VALUE_BYTES,
    write: (name, text) => {
      checkText('drive', name, text, MAX_DRIVE_VALUE_BYTES);
      const into = folder.made();
      let tries = 0;
      const file = use(() => {
        // A call that failed may have made the file all the same.
        const made = tries++ > 0 ? fileWith(into, name, text) : null;
        return made ?? into.createFile(name, text, 'text/plain');
      });
      return makeLocator([file.getId()], name);
    },
    read: (locator) => {
      const file = use(() => folder.find(locator));
      return file === null ? null : use(() => file.getBlob().getDataAsString());
    },
    remove: (locator) => {
      const file = use(() => folder.find(locator));
      if (file !== null) use(() => file.setTrashed(true));
      return file !== null;
    },
    list: (namePrefix) =>
      use(() =>
        listed(folder.known()?.searchFiles(NOT_IN_TRASH) ?? null)
          .filter((file) => isOurs(file, namePrefix))
          .map((file) => ({
            locator: makeLocator([file.getId()], file.getName()),
            name: file.getName(),
            bytes: file.getSize(),
            atMs: file.getDateCreated().getTime(),
          })),
      ),
  };
}

/** The folder of a script. */
class Folder {
  private opened: FolderLike | null = null;
  private readonly service: DriveLike;
  private readonly configuredId: string | null;
  private readonly ports: StorePorts;

  constructor(service: DriveLike, configuredId: string | null, ports: StorePorts) {
    this.service = service;
    this.configuredId = configuredId;
    this.ports = ports;
  }

  /** The folder, `null` where none was made yet. */
  known(): FolderLike | null {
    return (this.opened ??= this.open());
  }

  /** The folder, made where there is none. */
  made(): FolderLike {
    const known = reach('drive', this.ports, () => this.known());
    return known ?? (this.opened = underLock(this.ports, () => this.make()));
  }

  /** The file of a locator, `null` where it is gone. */
  find(locator: string): FileLike | null {
    const {places, name} = locate(locator, 1);
    const [id = ''] = places;
    const folder = this.known();
    const file = folder === null ? null : this.fileIn(folder, id, name);
    if (folder === null || file === null || file.isTrashed()) return null;
    if (file.getName() === name && listed(file.getParents()).some((parent) => parent.getId() === folder.getId()))
      return file;
    throw foreign('drive', `The file ${id} is not one that was put into this script's folder under its name.`);
  }

  /** Messages are localised, so that whether a file is gone is looked up in its folder where the text does not say it. */
  private fileIn(folder: FolderLike, id: string, name: string): FileLike | null {
    try {
      return patiently(this.ports, () => this.service.getFileById(id), OPEN_TRIES);
    } catch (thrown) {
      if (listed(folder.getFilesByName(name)).some((file) => file.getId() === id)) throw thrown;
      return null;
    }
  }

  private open(): FolderLike | null {
    const id = this.configuredId ?? this.ports.store.get(FOLDER_KEY);
    if (id === null) return null;
    const folder = this.service.getFolderById(id);
    if (!folder.isTrashed()) return folder;
    if (this.configuredId === null) return null;
    throw unavailable('drive', `the folder ${id} is in the trash.`);
  }

  /** Under the lock, so that it is made once; a kill in between leaves an empty folder. */
  private make(): FolderLike {
    const existing = reach('drive', this.ports, () => this.open());
    if (existing !== null) return existing;
    const folder = reach('drive', this.ports, () => this.service.createFolder(FOLDER_NAME));
    reach('drive', this.ports, () => {
      this.ports.store.set(FOLDER_KEY, folder.getId());
    });
    return folder;
  }
}

function isOurs(file: FileLike, namePrefix: string): boolean {
  const name = file.getName();
  return name.startsWith(namePrefix) && isStoredName(name);
}

function fileWith(folder: FolderLike, name: string, text: string): FileLike | null {
  const same = listed(folder.getFilesByName(name)).filter((file) => !file.isTrashed());
  return same.find((file) => file.getBlob().getDataAsString() === text) ?? null;
}

function listed<Item>(iterator: IteratorLike<Item> | null): readonly Item[] {
  const items: Item[] = [];
  while (items.length < MAX_LISTED_FILES && iterator?.hasNext() === true) items.push(iterator.next());
  return items;
}
