import {EventQueue} from './event-queue';
import {seededRandom, uniform} from './prng';

test('events run in the order of their time', () => {
  const random = seededRandom(7);
  const queue = new EventQueue(0, random);
  const ran: number[] = [];
  for (let i = 0; i < 500; i++) queue.at(Math.floor(uniform(random, 0, 100)), () => ran.push(queue.nowMs));
  while (queue.step());
  expect(ran).toHaveLength(500);
  expect(ran).toEqual([...ran].sort((one, other) => one - other));
});

test('a cancelled event does not run and does not move the clock', () => {
  const queue = new EventQueue(0, seededRandom(1));
  const cancelled = queue.at(5, () => expect(true).toBe(false));
  cancelled.isCancelled = true;
  expect(queue.nextAtMs()).toBeNull();
  expect(queue.step()).toBe(false);
  expect(queue.nowMs).toBe(0);
});

test('an event for the past runs now', () => {
  const queue = new EventQueue(100, seededRandom(1));
  queue.at(1, () => undefined);
  queue.step();
  expect(queue.nowMs).toBe(100);
});

test('a loop that takes no time is reported', () => {
  const queue = new EventQueue(0, seededRandom(1));
  const again = () => void queue.at(0, again);
  again();
  expect(() => {
    while (queue.step());
  }).toThrow('Expected virtual time to pass');
});
