import {Hosts, type Host} from '../../src/platform/host';
import {answerPost, postBody, saysItWorked, workerSecret} from '../../src/platform/worker-post';
import type {WorkResult} from '../../src/types';

const SECRET = 'a secret of the script';
const RESULT: WorkResult = {jobs: [{id: 'job_1', name: 'n', status: 'completed', steps: 2}], open: 3, end: 'open'};

function hostWith(secret: string | null, options: object = {}): Host {
  const properties = {getProperty: (key: string) => (key === 'AST_JOBS_WORKER_TOKEN' ? secret : null)};
  const hosts = new Hosts({});
  hosts.bind({PropertiesService: {getScriptProperties: () => properties}}, options);
  return hosts.of(undefined);
}

function post(host: Host, event: unknown): {readonly answer: unknown; readonly passes: number} {
  let passes = 0;
  const text = answerPost(host, event, () => (passes++, RESULT));
  return {answer: JSON.parse(String(text)), passes};
}

test('with the token one pass runs, and the answer tells no names', () => {
  expect(post(hostWith(SECRET), {parameter: postBody(SECRET)})).toEqual({
    answer: {worked: true, jobs: 1, open: 3, end: 'open'},
    passes: 1,
  });
});

test.each([
  ['nothing', undefined],
  ['no form', {}],
  ['a form without it', {parameter: {other: SECRET}}],
  ['another', {parameter: postBody('a secret of the scripT')}],
  ['its beginning', {parameter: postBody(SECRET.slice(0, -1))}],
  ['more than it', {parameter: postBody(`${SECRET}x`)}],
  ['an empty one', {parameter: postBody('')}],
  ['a list of it', {parameter: {...postBody(''), astJobsToken: [SECRET]}}],
])('with %s instead of the token nothing runs', (_what, event) => {
  expect(post(hostWith(SECRET), event)).toEqual({answer: {worked: false, problem: 'The token is wrong.'}, passes: 0});
});

test.each([null, ''])('without a secret (%j) nobody is let in', (secret) => {
  const {answer, passes} = post(hostWith(secret), {parameter: postBody('')});
  expect(answer).toEqual({worked: false, problem: 'The script property AST_JOBS_WORKER_TOKEN is not set.'});
  expect(passes).toBe(0);
});

test('the answer is made by the service that the host handed over', () => {
  const host = hostWith(SECRET, {content: {createTextOutput: (text: string) => ({text})}});
  expect(answerPost(host, {parameter: postBody(SECRET)}, () => RESULT)).toEqual({
    text: '{"worked":true,"jobs":1,"open":3,"end":"open"}',
  });
});

test('an error of the property store is not hidden, and nothing runs', () => {
  const hosts = new Hosts({});
  hosts.bind({}, {});
  expect(post(hosts.of(undefined), {}).passes).toBe(0);
  const broken = {
    getScriptProperties: () => {
      throw new Error('server error');
    },
    getDocumentProperties: () => null,
  };
  hosts.bind({PropertiesService: broken}, {});
  expect(() => post(hosts.of(undefined), {parameter: postBody(SECRET)})).toThrow('server error');
  expect(() => workerSecret(broken)).toThrow('server error');
});

test.each([
  [200, '{"worked":true,"jobs":0,"open":0,"end":"idle"}', true],
  [200, '{"worked":false,"problem":"The token is wrong."}', false],
  [500, '{"worked":true}', false],
  [200, '<!DOCTYPE html><html>There are too many scripts running simultaneously</html>', false],
  [200, '', false],
  [200, 'null', false],
  [200, '"worked"', false],
])('status %i with %j says that a worker ran: %j', (status, text, isSaid) => {
  expect(saysItWorked(status, text)).toBe(isSaid);
});
