/**
 * Starts executions through the script's own web app: posts to it and does not wait for the work.
 *
 * The time-out of a request is documented
 * (https://developers.google.com/apps-script/reference/url-fetch/url-fetch-app#advanced-parameters); that the web app runs
 * on after it is reported and documented nowhere. Nothing rests on it: what is not started is run by triggers.
 */
import {MAX_BUDGET_MS} from '../core/limits';
import type {Clock, Log, Starter} from '../engine/ports';
import {describeThrown} from '../errors';
import type {FetchAnswerLike} from './handles';
import type {WebApp} from './host';
import {postBody, saysItWorked, TOKEN_KEY} from './worker-post';

/** Executions that one call may start. "Simultaneous executions per user: 30", those of other scripts among them. */
export const MAX_STARTS = 10;
/** How long a request is waited for. A worker that has not answered by then is at work. */
const WAIT_SECONDS = 1;
/** A call takes the wait and the way there and back; one with less time than this left starts nobody. */
const MIN_TIME_LEFT_MS = 10_000;

/** The port over a web app. `secret` reads the token of the script, where the host handed none over. */
export function webWorkers(webApp: WebApp, clock: Clock, secret: () => string | null, log: Log): Starter {
  const post = (count: number, token: string): number => {
    const request = {
      url: webApp.url,
      method: 'post' as const,
      payload: postBody(token),
      muteHttpExceptions: true,
      timeoutSeconds: WAIT_SECONDS,
    };
    try {
      const answers = webApp.fetch.fetchAll(Array.from({length: count}, () => request));
      return answers.filter(hasWorked).length;
    } catch (thrown) {
      const {message} = describeThrown(thrown, 'The web app');
      // One time-out ends the whole call: all were sent, and those that are refused answer sooner than that. In another
      // language than English it is not recognised; to count too few costs an execution that finds nothing to do.
      if (/\btime[d\s-]*out\b/i.test(message)) return count;
      log.line(`AST.Jobs: it is not known whether a worker was started: ${message}`);
      return 0;
    }
  };
  return {
    start: (wanted) => {
      const count = Math.min(Math.floor(wanted), MAX_STARTS);
      const timeLeftMs = clock.startMs + MAX_BUDGET_MS - clock.nowMs();
      if (!(count >= 1) || timeLeftMs < MIN_TIME_LEFT_MS) return 0;
      try {
        const token = webApp.token ?? secret();
        if (token !== null) return post(count, token);
        log.line(`AST.Jobs: no worker was started: the script property ${TOKEN_KEY} is not set.`);
      } catch (thrown) {
        log.line(`AST.Jobs: no worker was started: ${describeThrown(thrown, 'The property store').message}`);
      }
      return 0;
    },
  };
}

function hasWorked(answer: FetchAnswerLike): boolean {
  return saysItWorked(answer.getResponseCode(), answer.getContentText());
}
