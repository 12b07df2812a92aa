import {hostMessenger} from '../../src/platform/messenger';

const answer = (code: number) => ({getResponseCode: () => code, getContentText: () => 'secret'});

test('mail goes through the service that the host handed over, as it is', () => {
  const sent: unknown[] = [];
  const mail = {sendEmail: (...args: unknown[]) => sent.push(args)};
  hostMessenger({mail, fetch: null}).mail('me@example.com', 'subject', 'body');
  expect(sent).toEqual([['me@example.com', 'subject', 'body']]);
});

test.each([
  [200, null],
  [399, null],
  [400, 'the web hook answered with code 400'],
  [503, 'the web hook answered with code 503'],
])('an answer %i: %j', (code, message) => {
  const requests: unknown[] = [];
  const fetch = {
    fetchAll: (given: readonly unknown[]) => {
      requests.push(...given);
      return [answer(code)];
    },
  };
  const post = (): void => {
    hostMessenger({mail: null, fetch}).post('https://example.com', '{"a":1}');
  };
  if (message === null) expect(post).not.toThrow();
  else expect(post).toThrow(new Error(message));
  expect(requests).toEqual([
    {
      ...{url: 'https://example.com', method: 'post', contentType: 'application/json', payload: '{"a":1}'},
      muteHttpExceptions: true,
    },
  ]);
});

test('what was not handed over throws when it is used, and says how to hand it over', () => {
  const {mail, post} = hostMessenger({mail: null, fetch: null});
  expect(() => {
    mail('me@example.com', '', '');
  }).toThrow('bind(globalThis, {mail})');
  expect(() => {
    post('https://example.com', '{}');
  }).toThrow('bind(globalThis, {fetch})');
});
