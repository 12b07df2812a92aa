import {hostBlobs} from '../../src/platform/blobs';

interface Made {
  readonly args: readonly unknown[];
  name?: string;
}

function service(made: Made[]): NonNullable<Parameters<typeof hostBlobs>[0]> {
  return {
    sleep: () => undefined,
    newBlob: (...args) => {
      const blob: Made = {args};
      made.push(blob);
      return {getDataAsString: () => '', setName: (name: string) => (blob.name = name)};
    },
  };
}

test('F1 the host makes its own blob, with what is known of it', () => {
  const made: Made[] = [];
  const blobs = hostBlobs(service(made));
  blobs.make([1, -2], 'image/png', 'a.png');
  blobs.make([3], null, null);
  expect(made).toEqual([{args: [[1, -2], 'image/png'], name: 'a.png'}, {args: [[3]]}]);
});

test('F1 without Utilities.newBlob there is a plain object', () => {
  const expected = {bytes: [1], mime: null, name: 'a'};
  expect(hostBlobs(undefined).make([1], null, 'a')).toEqual(expected);
  expect(hostBlobs({sleep: () => undefined}).make([1], null, 'a')).toEqual(expected);
});
