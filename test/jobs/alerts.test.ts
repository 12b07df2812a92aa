/** Alerts: messages with a cool-down, sent by whichever execution finds it over. */
import {asLibrary, DAY_MS, HOUR_MS, inLine, MINUTE_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();
const KEY = 'AST_JOBS_ALERTS';

/** The services that the host hands over; what they do is set in a script property, which nobody counts. */
const BIND = `
var mail = {sendEmail: function (to, subject, body) {
  Sim.effect('mail', {to: to, subject: subject, body: body});
  if (PropertiesService.getScriptProperties().getProperty('MAIL') === 'fails') throw new Error('Service invoked too many times for one day: email.');
}};
var web = {fetchAll: function (requests) {
  return requests.map(function (request) {
    Sim.effect('post', {url: request.url, payload: request.payload, contentType: request.contentType});
    var code = PropertiesService.getScriptProperties().getProperty('WEB') || '200';
    return {getResponseCode: function () { return Number(code); }, getContentText: function () { return ''; }};
  });
}};
ASTX.Jobs.bind(globalThis, {mail: mail, fetch: web});
`;

const alerting = (alerts: string): Lab => newLab({project: asLibrary(BIND + alerts)});

const MAIL = `ASTX.Jobs.alert({on: ['failed', 'stuck'], mail: 'me@example.com', everyMinutes: 60});`;
const HOOK = `ASTX.Jobs.alert({on: ['failed'], webhook: 'https://example.com/hook/secret', everyMinutes: 60});`;

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

const mails = (lab: Lab): readonly (Mail & {readonly atMs: number})[] =>
  lab.world.effects.filter(({name}) => name === 'mail').map(({data, atMs}) => ({...(data as Mail), atMs}));

const failing = (lab: Lab, name: string): string =>
  lab.enqueue([step('a', {failures: 9, message: `no ${name}`, secret: 'hush'}, {retry: {maxRetries: 0}})], {name}).id;

test('a mail tells what failed, and no payload; nothing stays behind', () => {
  const lab = alerting(MAIL);
  const id = failing(lab, 'sheet');
  lab.settle();
  const [mail, ...more] = mails(lab);
  expect(more).toEqual([]);
  expect(mail).toMatchObject({to: 'me@example.com', subject: 'AST.Jobs: 1 failed'});
  expect(mail?.body).toMatch(new RegExp(`^2026-\\S+Z failed: sheet \\(${id}\\): step a: no sheet$`));
  expect(lab.world.store('script').has(KEY)).toBe(false);
  lab.expectTidy();
});

test('in the cool-down alerts are collected, and the next message tells all of them', () => {
  const lab = alerting(MAIL);
  failing(lab, 'first');
  lab.pass(10 * MINUTE_MS);
  for (const name of ['second', 'third']) failing(lab, name);
  lab.settle();
  const [first, second, ...more] = mails(lab);
  expect(more).toEqual([]);
  expect(second?.subject).toBe('AST.Jobs: 2 failed');
  const gapMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
  expect(gapMs).toBeGreaterThanOrEqual(HOUR_MS);
  expect(gapMs).toBeLessThan(HOUR_MS + 15 * MINUTE_MS);
  expect(lab.world.store('script').has(KEY)).toBe(false);
  lab.expectTidy();
});

test('without a digest the cool-down is silent', () => {
  const lab = alerting(`ASTX.Jobs.alert({on: ['failed'], mail: 'me@example.com', digest: false});`);
  failing(lab, 'first');
  lab.pass(10 * MINUTE_MS);
  failing(lab, 'second');
  lab.settle();
  expect(mails(lab)).toHaveLength(1);
  failing(lab, 'third');
  lab.settle();
  expect(mails(lab).map(({body}) => body.includes('third'))).toEqual([false, true]);
  lab.expectTidy();
});

test('what run and resume end is told by the same execution, and what waits has a watchdog', () => {
  const lab = alerting(MAIL);
  const request = {steps: [step('a', {failures: 9}, {retry: {maxRetries: 0}})], options: {autoResume: false}};
  lab.call('run', {name: 'first', ...request});
  expect(mails(lab)).toHaveLength(1);
  lab.call('run', {name: 'second', ...request});
  expect(mails(lab)).toHaveLength(1);
  expect(lab.world.triggers()).toHaveLength(1);
  lab.settle();
  expect(mails(lab)).toHaveLength(2);
  lab.expectTidy();
});

test('a web hook gets JSON; an answer of 400 and above, and a refused mail, are tried again', () => {
  const lab = alerting(HOOK + MAIL);
  lab.world.setProperty('script', 'WEB', '503');
  lab.world.setProperty('script', 'MAIL', 'fails');
  failing(lab, 'sheet');
  lab.pass(30 * MINUTE_MS);
  const posts = (): readonly {readonly url: string; readonly payload: string; readonly contentType: string}[] =>
    lab.world.effects.filter(({name}) => name === 'post').map(({data}) => data as never);
  expect(posts().length).toBeGreaterThan(1);
  expect(mails(lab).length).toBeGreaterThan(1);
  const log = lab.world.executions.flatMap((one) => one.log).join('\n');
  expect(log).toContain('an alert could not be sent, it is tried again later: the web hook answered with code 503');
  expect(log).not.toContain('secret');
  lab.world.setProperty('script', 'WEB', '204');
  lab.world.setProperty('script', 'MAIL', null);
  const before = [posts().length, mails(lab).length];
  lab.settle();
  expect([posts().length, mails(lab).length]).toEqual(before.map((count) => count + 1));
  const {url, payload, contentType} = posts().slice(-1)[0] ?? {url: '', payload: '{}', contentType: ''};
  expect([url, contentType]).toEqual(['https://example.com/hook/secret', 'application/json']);
  expect(JSON.parse(payload)).toMatchObject({
    alerts: [{event: 'failed', name: 'sheet', text: 'step a: no sheet'}],
    more: 0,
  });
  lab.expectTidy();
});

test('a message that can never be sent is given up, and nothing stays behind', () => {
  const lab = alerting(MAIL);
  lab.world.setProperty('script', 'MAIL', 'fails');
  failing(lab, 'sheet');
  lab.settle(3 * DAY_MS);
  expect(mails(lab)).toHaveLength(12);
  expect(lab.world.store('script').has(KEY)).toBe(false);
  lab.expectTidy();
});

test('a storm of failures makes one message of bounded length', () => {
  const lab = alerting(MAIL);
  failing(lab, 'first');
  lab.pass(10 * MINUTE_MS);
  for (let number = 0; number < 30; number++) failing(lab, `n${number}`);
  lab.pass(30 * MINUTE_MS);
  expect((lab.world.store('script').get(KEY) ?? '').length).toBeLessThan(8_000);
  lab.settle();
  expect(mails(lab).map(({subject}) => subject)).toEqual(['AST.Jobs: 1 failed', 'AST.Jobs: 15 failed, 15 more']);
});

test('wherever an execution is killed the message is sent, at least once, and nothing stays behind', () => {
  const trial = (kill: number | null, when: 'before' | 'after'): Lab => {
    const lab = alerting(MAIL);
    failing(lab, 'sheet');
    lab.world.resetCounts();
    let count = 0;
    lab.world.onCall = () => (++count === kill ? {kind: 'kill', when} : undefined);
    lab.settle(2 * DAY_MS);
    return lab;
  };
  // The first passes; those that follow only wait for the end of the cool-down.
  for (let kill = 1; kill <= 40; kill++)
    for (const when of ['before', 'after'] as const) {
      const lab = trial(kill, when);
      const told = mails(lab).filter(({body}) => body.includes('no sheet')).length;
      expect([kill, when, told >= 1 && told <= 2]).toEqual([kill, when, true]);
      expect([kill, when, lab.world.store('script').has(KEY)]).toEqual([kill, when, false]);
      lab.expectTidy();
      lab.world.close();
    }
});

test('several executions and users send one message', () => {
  const lab = alerting(MAIL);
  for (const user of ['a@example.com', 'b@example.com', 'c@example.com'])
    lab.callAs({user}, 'enqueue', {name: user, steps: [step('a', {failures: 9}, {retry: {maxRetries: 0}})]});
  lab.settle();
  const all = mails(lab)
    .map(({body}) => body)
    .join('\n');
  expect(mails(lab).length).toBeLessThanOrEqual(2);
  for (const user of ['a@', 'b@', 'c@']) expect(all.split(`failed: ${user}`)).toHaveLength(2);
  lab.expectTidy();
});

test('stuck jobs are told by mail, once', () => {
  const lab = alerting(MAIL);
  const {id} = lab.enqueue([{id: 'a', handler: 'act'}]);
  lab.world.setProperty('script', `AST_JOBS_JOB_~${id}~h`, '{oops');
  lab.enqueue(inLine(1), {name: 'other'});
  lab.pass(5 * HOUR_MS);
  expect(mails(lab).map(({subject}) => subject)).toEqual(['AST.Jobs: 1 stuck']);
});

test.each([
  [`{}`, 'alert expects one of mail and webhook'],
  [`{mail: 'me'}`, 'mail of alert must be one address'],
  [`{mail: 'me@example.com', webhook: 'https://example.com'}`, 'alert expects one of mail and webhook'],
  [`{webhook: 'http://example.com/token'}`, 'must be an address that begins with https://'],
  [`{mail: 'me@example.com', on: []}`, 'on of alert must be a list of events'],
  [`{mail: 'me@example.com', on: ['done']}`, 'An event is one of'],
  [`{mail: 'me@example.com', everyMinutes: 0}`, 'everyMinutes of alert must be an integer from 1 to 1440'],
  [`{mail: 'me@example.com', digest: 'no'}`, 'digest of alert must be true or false'],
  [`{mail: 'me@example.com', to: 'you'}`, 'alert knows on, mail, webhook'],
])('an alert that makes no sense is refused: %s', (request, message) => {
  const lab = alerting(`function declare() {
    return outcomeOf(function () { ASTX.Jobs.alert(${request}); }).error.message;
  }`);
  expect(lab.world.call('declare', [])).toContain(message);
});

test('what a service says of the address of a web hook is not logged', () => {
  const lab = newLab({
    project:
      asLibrary(`var web = {fetchAll: function (requests) { throw new Error('Address unavailable: ' + requests[0].url + '. Try again.'); }};
      ASTX.Jobs.bind(globalThis, {fetch: web});
      ASTX.Jobs.alert({on: ['failed'], webhook: 'https://Example.com?token=secret'});`),
  });
  failing(lab, 'sheet');
  lab.pass(20 * MINUTE_MS);
  const lines = lab.world.executions.flatMap(({log}) => log).filter((line) => line.includes('could not be sent'));
  expect(lines[0]).toContain('Address unavailable: the web hook Try again.');
  expect(JSON.stringify(lab.world.executions.map(({log}) => log))).not.toContain('secret');
});
