/**
 * DriveApp: folders and text files, as far as stored values need them.
 *
 * F1 a file is made with its content in one instant. F2 an item is there for its owner, for editors of it or of its
 * folder, and for nobody else. F3 what is in the trash can still be found, by id and by name.
 */
import type {EventQueue} from './event-queue';
import {failure, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {ServiceCall} from './types';

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** A file, or a folder: then without content. */
export interface DriveItem {
  readonly id: string;
  name: string;
  readonly kind: 'file' | 'folder';
  readonly owner: string;
  readonly editors: Set<string>;
  parentId: string | null;
  text: string;
  isTrashed: boolean;
  readonly createdMs: number;
}

export class Drive implements Service {
  /** All items, by id. */
  readonly items = new Map<string, DriveItem>();
  private readonly queue: EventQueue;

  constructor(queue: EventQueue) {
    this.queue = queue;
  }

  perform(call: ServiceCall, answer: Answer): void {
    answer(this.apply(call, call.execution.user));
  }

  /** A new item, as a user makes it. */
  add(owner: string, item: Pick<DriveItem, 'kind' | 'name' | 'parentId'> & {readonly text?: string}): DriveItem {
    const id = `${item.kind}-${String(this.items.size + 1).padStart(6, '0')}-of-drive`;
    const added: DriveItem = {
      text: '',
      ...item,
      id,
      owner,
      editors: new Set(),
      isTrashed: false,
      createdMs: this.queue.nowMs,
    };
    this.items.set(id, added);
    return added;
  }

  private apply(call: ServiceCall, user: string): Outcome {
    switch (call.method) {
      case 'createFolder':
        return value(shown(this.add(user, {kind: 'folder', name: textArgument(call, 0), parentId: null})));
      case 'createFile':
        return this.createFile(call, user);
      case 'getFileById':
        return this.found(textArgument(call, 0), 'file', user);
      case 'getFolderById':
        return this.found(textArgument(call, 0), 'folder', user);
      case 'getFiles':
        return value(this.filesIn(textArgument(call, 0), user).map(shown));
      case 'searchFiles':
        if (textArgument(call, 1) !== 'trashed = false') return failure('Simulator: this search is not simulated.');
        return value(
          this.filesIn(textArgument(call, 0), user)
            .filter(({isTrashed}) => !isTrashed)
            .map(shown),
        );
      case 'getFilesByName': {
        const named = this.filesIn(textArgument(call, 0), user).filter(({name}) => name === textArgument(call, 1));
        return value(named.map(shown));
      }
      default:
        return this.applyToItem(call, user);
    }
  }

  private applyToItem(call: ServiceCall, user: string): Outcome {
    const item = this.items.get(textArgument(call, 0));
    if (item === undefined || !this.isVisible(item, user)) return notFound();
    switch (call.method) {
      case 'getParents':
        return value(item.parentId === null ? [] : [item.parentId]);
      case 'getBlob':
        return value(item.text);
      case 'isTrashed':
        return value(item.isTrashed);
      case 'setTrashed':
        item.isTrashed = call.args[1] === true;
        return value();
      case 'addEditor':
        item.editors.add(textArgument(call, 1));
        return value();
      default:
        return unknownMethod(call);
    }
  }

  private createFile(call: ServiceCall, user: string): Outcome {
    const folder = this.items.get(textArgument(call, 0));
    if (folder === undefined || !this.isVisible(folder, user)) return notFound();
    const text = Buffer.from(textArgument(call, 2)).toString();
    if (Buffer.byteLength(text) > MAX_FILE_BYTES) return failure('File exceeds the maximum file size.');
    return value(shown(this.add(user, {kind: 'file', name: textArgument(call, 1), parentId: folder.id, text})));
  }

  private found(id: string, kind: DriveItem['kind'], user: string): Outcome {
    const item = this.items.get(id);
    return item?.kind === kind && this.isVisible(item, user) ? value(shown(item)) : notFound();
  }

  private filesIn(folderId: string, user: string): readonly DriveItem[] {
    return [...this.items.values()].filter(
      (item) => item.kind === 'file' && item.parentId === folderId && this.isVisible(item, user),
    );
  }

  private isVisible({owner, editors, parentId}: DriveItem, user: string): boolean {
    const folder = parentId === null ? undefined : this.items.get(parentId);
    return owner === user || editors.has(user) || (folder !== undefined && this.isVisible(folder, user));
  }
}

function notFound(): Outcome {
  return failure(
    'No item with the given ID could be found. Possibly because you have not edited this item or you do not have ' +
      'permission to access it.',
  );
}

/** What a handle has without another call. */
function shown({id, name, text, createdMs}: DriveItem): unknown {
  return {id, name, bytes: Buffer.byteLength(text), createdMs};
}
