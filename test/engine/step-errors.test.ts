import {fatalError, retryError} from '../../src/engine/step-errors';
import {thrownBy} from '../support/walks';

test('what fails a step for good has a message, and details', () => {
  expect(fatalError('no such sheet', {sheet: 'S'})).toMatchObject({
    ...{name: 'AstJobsStepExecutionError', code: 'STEP_FATAL', message: 'no such sheet', details: {sheet: 'S'}},
  });
  expect(fatalError('no', undefined)).toMatchObject({details: {}});
});

test('what has a step tried again says when', () => {
  expect(retryError(5_000, 'busy')).toMatchObject({code: 'STEP_RETRY', message: 'busy', details: {delayMs: 5_000}});
  expect(retryError(0, undefined).message).toContain('0 ms');
  expect(retryError(30 * 24 * 3_600_000, 'in a month')).toMatchObject({code: 'STEP_RETRY'});
});

test('a message has to be there, and a delay has to be one', () => {
  for (const message of ['', ' ', 5, null, undefined, {}])
    expect(thrownBy(() => fatalError(message, {}))).toMatchObject({code: 'INVALID_REQUEST'});
  for (const message of ['', 5, null])
    expect(thrownBy(() => retryError(5, message))).toMatchObject({code: 'INVALID_REQUEST'});
  for (const delayMs of [-1, 1.5, '5', null, undefined, Infinity, 30 * 24 * 3_600_000 + 1])
    expect(thrownBy(() => retryError(delayMs, 'busy'))).toMatchObject({name: 'AstJobsValidationError'});
});
