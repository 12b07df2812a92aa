/**
 * UrlFetchApp. The addresses of the world's own web apps start executions of them, at the same time; all others are
 * answered by a function of the test.
 *
 * F1 a call is answered when its slowest request is. F2 a request that takes longer than its `timeoutSeconds` fails the
 * whole call, and what it started goes on. F3 a web app's error is a page with status 200.
 */
import type {EventQueue} from './event-queue';
import {failure, textArgument, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {Execution, FetchAnswer, FetchHandler, ServiceCall, StartRequest} from './types';

const OWN_ADDRESS = /^https:\/\/script\.google\.com\/macros\/s\/([^/]+)\/exec(?:\?|$)/;
const DEFAULT_TIMEOUT_S = 360;
/** From the request to the first line of the web app. */
const HOP_MS = 600;

export interface WebAppHost {
  /** Who the web apps execute as. */
  readonly user: string;
  has(project: string): boolean;
  hasRoom(user: string): boolean;
  start(request: StartRequest, ended: (execution: Execution) => void): void;
  /** What the test makes of a post: a page instead of an execution, or nothing. */
  page(url: string, params: unknown): string | undefined;
}

export class UrlFetch implements Service {
  private readonly handler: FetchHandler | null;
  private readonly queue: EventQueue;
  private readonly host: WebAppHost;

  constructor(handler: FetchHandler | null, queue: EventQueue, host: WebAppHost) {
    this.handler = handler;
    this.queue = queue;
    this.host = host;
  }

  perform(call: ServiceCall, answer: Answer): void {
    if (call.method !== 'fetchAll') {
      const params = call.args[1] ?? null;
      this.fetchAll([{url: textArgument(call, 0), params}], (outcome) =>
        answer(outcome.kind === 'value' ? value((outcome.value as unknown[])[0]) : outcome),
      );
      return;
    }
    const requests = Array.isArray(call.args[0]) ? (call.args[0] as {url: string}[]) : [];
    this.fetchAll(
      requests.map((params) => ({url: String(params.url), params})),
      answer,
    );
  }

  private fetchAll(requests: readonly {readonly url: string; readonly params: unknown}[], answer: Answer): void {
    const answers: FetchAnswer[] = [];
    let missing = requests.length;
    let isOver = false;
    const finish = (outcome: Outcome): void => {
      if (isOver) return;
      isOver = true;
      answer(outcome);
    };
    if (missing === 0) finish(value([]));
    requests.forEach(({url, params}, index) => {
      const arrive = (outcome: FetchAnswer | string): void => {
        answers[index] = typeof outcome === 'string' ? {code: 200, text: outcome} : outcome;
        if (--missing === 0) finish(value(answers));
      };
      const project = OWN_ADDRESS.exec(url)?.[1];
      if (project !== undefined && this.host.has(project)) {
        this.post(project, url, params, arrive);
        const timeoutMs =
          1_000 * Number((params as {timeoutSeconds?: number} | null)?.timeoutSeconds ?? DEFAULT_TIMEOUT_S);
        this.queue.at(this.queue.nowMs + timeoutMs, () => finish(failure(`Timeout: ${url}`)));
      } else if (this.handler === null) finish(failure(`Address unavailable: ${url}`));
      else arrive(this.handler(url, params));
    });
  }

  private post(project: string, url: string, params: unknown, arrive: (answer: string) => void): void {
    const {user} = this.host;
    this.queue.at(this.queue.nowMs + HOP_MS / 2, () => {
      const page = this.host.page(url, params) ?? (this.host.hasRoom(user) ? undefined : TOO_MANY);
      if (page !== undefined) return arrive(htmlPage(page));
      const atMs = this.queue.nowMs + HOP_MS / 2;
      this.host.start({fn: 'doPost', args: [postEvent(params)], user, project, atMs}, (execution) =>
        arrive(answerOf(execution)),
      );
    });
  }
}

const TOO_MANY = 'There are too many scripts running simultaneously for this Google user account.';

function htmlPage(message: string): string {
  return `<!DOCTYPE html><html><head><title>Error</title></head><body><div>${message}</div></body></html>`;
}

function answerOf({end, error, value: returned}: Execution): string {
  if (end !== 'done') return htmlPage(error?.message ?? 'Exceeded maximum execution time');
  const text = (returned as {textOutput?: string} | null | undefined)?.textOutput;
  return text ?? htmlPage('The script completed but the returned value is not a supported return type.');
}

/** The event of a post with a form, the only kind that is simulated. */
function postEvent(params: unknown): Record<string, unknown> {
  const payload = (params as {payload?: unknown} | null)?.payload;
  const form = typeof payload === 'object' && payload !== null ? payload : {};
  const parameter = Object.fromEntries(Object.entries(form).map(([name, field]) => [name, String(field)]));
  const contents = new URLSearchParams(parameter).toString();
  const parameters = Object.fromEntries(Object.entries(parameter).map(([name, field]) => [name, [field]]));
  return {
    parameter,
    parameters,
    queryString: '',
    contextPath: '',
    contentLength: contents.length,
    postData: {contents, length: contents.length, type: 'application/x-www-form-urlencoded', name: 'postData'},
  };
}
