/**
 * Items that a handler of the host fetches page by page. The pages are kept while the execution lasts, and are never
 * stored: an execution that goes on with the items of a page fetches it again, with the token that brought it the first
 * time, and the page must be the same.
 */
import {isObject, parseJson, printValue, toJsonText} from '../core/json';
import {utf8Bytes} from '../core/bytes';
import {MAX_PAGES, MAX_TOKEN_BYTES} from '../core/limits';
import type {Outcome, Page} from '../core/outcome';
import type {MapNode, SourceNode} from '../core/plan';
import type {StoredJob} from '../core/stored-job';
import {jobsError} from '../errors';
import type {Handlers} from './ports';

/** A page that was fetched, checked. */
interface Fetched {
  readonly items: readonly unknown[];
  /** JSON text; `null`: there is no other page. */
  readonly next: string | null;
}

/** Pages that an execution holds: those that its items come from, and the one that it fetched last. */
const MAX_HELD = 3;

export class Pages {
  private readonly held = new Map<string, Fetched>();
  private readonly job: StoredJob;
  private readonly handlers: Handlers;

  constructor(job: StoredJob, handlers: Handlers) {
    this.job = job;
    this.handlers = handlers;
  }

  /** What the handler of a source is given for its next page. */
  nextPayload(node: SourceNode, nodeIndex: number): unknown {
    const last = this.job.ledger.lastPage(nodeIndex);
    return payloadFor(node, last === null ? 0 : last.number + 1, last?.next ?? null);
  }

  /** Turns what the handler of a source returned into the page that it stands for; throws for what is none. */
  accept(node: SourceNode, nodeIndex: number, returned: unknown): Page {
    const {ledger, plan} = this.job;
    const last = ledger.lastPage(nodeIndex);
    const number = last === null ? 0 : last.number + 1;
    const first = last === null ? 0 : last.first + last.count;
    const fetched = checkedPage(returned, `Page ${number + 1} of ${node.id}`);
    const capacity = plan.itemCount(node.feeds);
    if (first + fetched.items.length > capacity)
      throw pageError(`${node.id} has brought more than ${capacity} items. Split the work over several jobs.`, true);
    if (fetched.next !== null && number + 1 >= MAX_PAGES)
      throw pageError(`${node.id} has brought ${MAX_PAGES} pages and names another. Bring more items with each.`, true);
    if (fetched.next !== null && fetched.next === (last?.next ?? null))
      throw pageError(`Page ${number + 1} of ${node.id} names itself as the next: its token is ${fetched.next}.`, true);
    this.hold(nodeIndex, number, fetched);
    return {number, first, count: fetched.items.length, next: fetched.next};
  }

  /** An item of a map step that is fed by pages; fetches its page where this execution does not have it. */
  item(node: MapNode, nodeIndex: number, index: number, context: (payload: unknown) => unknown): unknown {
    const source = this.job.plan.sourceOf(nodeIndex);
    const place = source === null ? null : this.job.ledger.pageOf(source, index);
    if (source === null || place === null) throw new RangeError(`item ${index} of ${node.prefix} is on no page`);
    const {page, token} = place;
    const held = this.held.get(keyOf(source, page.number)) ?? this.fetchAgain(source, page, token, context);
    return held.items[index - page.first];
  }

  private fetchAgain(
    source: number,
    page: Page,
    token: string | null,
    context: (payload: unknown) => unknown,
  ): Fetched {
    const node = this.job.plan.node(source) as SourceNode;
    const handler = this.handlers.find(node.handler);
    if (handler === null) throw pageError(`The handler ${node.handler}, which brings the items, is gone.`, false);
    const what = `Page ${page.number + 1} of ${node.id}`;
    const fetched = checkedPage(handler(context(payloadFor(node, page.number, token))), what);
    if (fetched.items.length !== page.count)
      throw pageError(
        `${what} had ${page.count} items and has ${fetched.items.length} now: the same token must bring the same items.`,
        false,
      );
    this.hold(source, page.number, fetched);
    return fetched;
  }

  private hold(source: number, number: number, fetched: Fetched): void {
    this.held.set(keyOf(source, number), fetched);
    const [oldest] = this.held.keys();
    if (this.held.size > MAX_HELD && oldest !== undefined) this.held.delete(oldest);
  }
}

/** What a source's attempt comes to whose handler returned a page that was accepted. */
export function pageOutcome(outcome: Outcome): Outcome {
  if (outcome.kind !== 'done') return outcome;
  const {unit, atMs, durationMs, result} = outcome;
  return {kind: 'page', unit, atMs, durationMs, page: JSON.parse(result) as Page};
}

function keyOf(source: number, number: number): string {
  return `${source}.${number}`;
}

function payloadFor(node: SourceNode, page: number, token: string | null): unknown {
  const pageToken = token === null ? null : (parseJson(token) ?? null);
  return {pageToken, page, ...(node.shared === undefined ? {} : {shared: parseJson(JSON.stringify(node.shared))})};
}

function checkedPage(returned: unknown, what: string): Fetched {
  const json = toJsonText(returned);
  if (!json.ok) throw pageError(`${what} must be JSON serializable, and has ${json.problem}.`, false);
  const page = parseJson(json.text);
  const items = isObject(page) ? page['items'] : undefined;
  if (!isObject(page) || !Array.isArray(items))
    throw pageError(`${what} must be {items: [...], nextPageToken?}, got ${printValue(page)}.`, false);
  const token = page['nextPageToken'];
  if (token === undefined || token === null || token === '') return {items: items as readonly unknown[], next: null};
  const next = JSON.stringify(token);
  if (utf8Bytes(next) > MAX_TOKEN_BYTES)
    throw pageError(
      `${what} has a nextPageToken of ${utf8Bytes(next)} bytes; at most ${MAX_TOKEN_BYTES} are kept.`,
      true,
    );
  return {items: items as readonly unknown[], next};
}

/** What another attempt cannot mend is final. */
function pageError(message: string, isFinal: boolean): Error {
  return jobsError(isFinal ? 'STEP_FATAL' : 'PAGE_INVALID', message);
}
