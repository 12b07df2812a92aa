import {Hosts} from '../../src/platform/host';
import {portsOf} from '../../src/platform/runtime';
import {realmOf} from '../support/realms';

/** The ports of a script of which only this is there. */
function portsIn(source: string) {
  const {scope, run} = realmOf(source);
  const hosts = new Hosts({});
  hosts.bind(scope, {});
  return {ports: portsOf(hosts.of(undefined)), run};
}

test('a script without console and Utilities is quiet and does not sleep', () => {
  const {ports} = portsIn('var PropertiesService = {};');
  expect(() => {
    ports.log.line('x');
    ports.clock.sleep(5);
  }).not.toThrow();
});

test('L1 a console that throws hurts nobody', () => {
  const {ports, run} = portsIn(`var lines = 0; var console = {log() { lines++; throw new Error('quota'); }};`);
  expect(() => ports.log.line('x')).not.toThrow();
  expect(run('lines')).toBe(1);
});

test('a line and a sleep reach the script’s own services', () => {
  const {ports, run} = portsIn(
    `var seen = []; var console = {log(text) { seen.push(text); }}; var Utilities = {sleep(ms) { seen.push(ms); }};`,
  );
  ports.log.line('one line');
  ports.clock.sleep(250);
  expect(run('JSON.stringify(seen)')).toBe('["one line",250]');
});

test('an execution has begun when the library was loaded', () => {
  const {ports} = portsIn('');
  const ageMs = Date.now() - ports.clock.startMs;
  expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(ageMs).toBeLessThan(60_000);
  expect(portsIn('').ports.clock.startMs).toBe(ports.clock.startMs);
});
