/** The web as the host sees it: the files of the package vega-datasets under one address, with ranges. */
import {readFileSync} from 'node:fs';
import type {FetchAnswer, FetchHandler} from '../../test/simulator';

const FOLDER = 'node_modules/vega-datasets/data';
const ADDRESS = /^https:\/\/cdn\.example\.com\/vega-datasets\/([\w-]+\.(?:json|csv))$/;
const RANGE = /^bytes=(\d+)-(\d+)$/;

/** The text of one of the files; they hold ASCII only, so that bytes and characters are the same. */
export function dataFile(name: string): string {
  return readFileSync(`${FOLDER}/${name}`, 'latin1');
}

/** Answers requests; the one with this number, counted from 1, finds the server busy. */
export function makeCdn(busyRequest: number): FetchHandler {
  const files = new Map<string, string>();
  let requests = 0;
  return (url, params) => {
    const name = ADDRESS.exec(url)?.[1];
    if (name === undefined) return {code: 404, text: 'Not found'};
    if (++requests === busyRequest) return {code: 503, text: 'Busy, try again'};
    const text = files.get(name) ?? dataFile(name);
    files.set(name, text);
    return partOf(text, params);
  };
}

function partOf(text: string, params: unknown): FetchAnswer {
  const {headers} = (params ?? {}) as {headers?: Readonly<Record<string, string>>};
  const range = RANGE.exec(headers?.['Range'] ?? '');
  if (range === null) return {code: 200, text};
  const [first, last] = [Number(range[1]), Math.min(Number(range[2]), text.length - 1)];
  return {
    code: 206,
    text: text.slice(first, last + 1),
    headers: {'Content-Range': `bytes ${first}-${last}/${text.length}`},
  };
}
