/** How a difference is shown: the shortest sequence that still has it, and both answers side by side. */
import fc from 'fast-check';
import {SEQUENCES, USERS, type DrawnCall} from './calls';
import type {Difference} from './difference';
import {play, type Played} from './play';
import {BAD_CALLS} from './refusals';
import {submissionOf} from './requests';

const MAX_SHRINK_MS = 90_000;
const MAX_ANSWER_CHARS = 600;

/** The shortest sequence found that has the same difference, whatever the ids of its jobs. */
export function shrink(seed: number, sequence: readonly DrawnCall[], bundle: string): readonly DrawnCall[] {
  const whole = play(seed, sequence, bundle);
  const kind = kindOf(whole);
  const start = sequence.slice(0, whole.at + 1);
  const property = fc.property(SEQUENCES, (calls) => kindOf(play(seed, calls, bundle)) !== kind);
  const {counterexample} = fc.check(property, {
    ...{seed, numRuns: 1, examples: [[start]], interruptAfterTimeLimit: MAX_SHRINK_MS},
  });
  return counterexample?.[0] ?? start;
}

function kindOf({difference}: Played): string | null {
  return difference === null ? null : difference.what.replace(/job_\w+/g, 'job').replace(/\d+/g, 'n');
}

export function describeDifference({what, model, library}: Difference): string {
  return `${what}\n    model:   ${answer(model)}\n    library: ${answer(library)}`;
}

function answer(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= MAX_ANSWER_CHARS ? text : `${text.slice(0, MAX_ANSWER_CHARS)}…`;
}

/** A call as somebody would write it. */
export function describeCall(call: DrawnCall): string {
  const by = 'user' in call ? `${USERS[call.user] ?? ''}: ` : '';
  switch (call.op) {
    case 'submit':
    case 'configured': {
      const {method, request} = submissionOf(call.job);
      const before = call.op === 'submit' ? '' : `configure(${JSON.stringify(call.settings)}) and `;
      return `${by}${before}${method}(${JSON.stringify(request)})`;
    }
    case 'batch': {
      const requests = call.jobs.map((job) => submissionOf(job).request);
      return `${by}enqueueBatch(${JSON.stringify(requests)}), above: ${call.above.join()}, started: ${call.isStarted}`;
    }
    case 'begin': {
      const {request} = submissionOf({...call.drawn, form: 'steps', mode: 'run'});
      const args = {work: '', resume: `job ${call.job}`, run: JSON.stringify(request)}[call.what];
      return `${by}${call.what}(${args}), and ${call.ms} ms later, in the middle of it:`;
    }
    case 'bad': {
      const bad = BAD_CALLS[call.which % BAD_CALLS.length];
      return `${by}${String(bad?.method)} with ${String(bad?.what)}`;
    }
    default: {
      const {op, ...rest} = call;
      return `${op} ${JSON.stringify(rest)}`;
    }
  }
}
