import {mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** Writes a file so that another process sees the old text or the new one, never half of it. */
export function writeFileWhole(path, text) {
  mkdirSync(dirname(path), {recursive: true});
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}
