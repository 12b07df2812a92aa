/**
 * What goes over the wire between an execution and the workers that it starts through the script's own web app: the
 * token, and the answer. A web app cannot set a status, and Apps Script reports errors of a web app as pages with status
 * 200, so that only an answer in this form says that a worker ran.
 */
import {isObject} from '../core/json';
import type {WorkResult} from '../types';
import type {PropertiesServiceLike} from './handles';
import type {Host} from './host';

/** The script property that holds the secret. */
export const TOKEN_KEY = 'AST_JOBS_WORKER_TOKEN';
/** The field of the form that carries it: in the body, never in the address, which is logged. */
const TOKEN_FIELD = 'astJobsToken';

/** The body of a post. */
export function postBody(token: string): Record<string, string> {
  return {[TOKEN_FIELD]: token};
}

/** The secret of the script; `null` when none is set. */
export function workerSecret(service: PropertiesServiceLike | undefined): string | null {
  const secret = service?.getScriptProperties().getProperty(TOKEN_KEY) ?? '';
  return secret === '' ? null : secret;
}

/** Lets one who knows the secret in, runs `work`, and answers. */
export function answerPost(host: Host, event: unknown, work: () => WorkResult): unknown {
  const text = JSON.stringify(answer(host, event, work));
  return host.content === null ? text : host.content.createTextOutput(text);
}

function answer(host: Host, event: unknown, work: () => WorkResult): Readonly<Record<string, unknown>> {
  const secret = workerSecret(host.services.PropertiesService);
  if (secret === null) return {worked: false, problem: `The script property ${TOKEN_KEY} is not set.`};
  if (!isSameText(postedToken(event), secret)) return {worked: false, problem: 'The token is wrong.'};
  const {jobs, open, end} = work();
  // No names and no messages: whoever knows the token need not know what the jobs are about.
  return {worked: true, jobs: jobs.length, open, end};
}

function postedToken(event: unknown): string {
  const parameter = isObject(event) ? event['parameter'] : undefined;
  const token = isObject(parameter) ? parameter[TOKEN_FIELD] : undefined;
  return typeof token === 'string' ? token : '';
}

/** Looks at every character, so that the time it takes does not tell how many of the first ones are right. */
function isSameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index++)
    difference |= (index < one.length ? one.charCodeAt(index) : 0) ^ other.charCodeAt(index);
  return difference === 0;
}

/** Whether a worker answered that it ran. */
export function saysItWorked(status: number, text: string): boolean {
  if (status >= 400) return false;
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) && read['worked'] === true;
  } catch {
    return false; // A page.
  }
}
