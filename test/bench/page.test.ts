import {withPart} from '../../bench/page';

const PAGE = 'before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n';

test('what stands between the marks is replaced, and the rest stays', () => {
  const page = withPart(PAGE, 'figures', '\nnew $& figures\n');
  expect(page).toBe('before\n<!-- figures: begin -->\n\nnew $& figures\n\n<!-- figures: end -->\nafter\n');
  expect(withPart(page, 'figures', 'old')).toBe(withPart(PAGE, 'figures', 'old'));
});

test.each([
  ['no marks', 'before\n'],
  ['no end', '<!-- figures: begin -->\n'],
  ['the marks in the wrong order', '<!-- figures: end --><!-- figures: begin -->'],
  ['marks of another name', PAGE.replaceAll('figures', 'others')],
])('a page with %s is refused', (_what, page) => {
  expect(() => withPart(page, 'figures', 'new')).toThrow('<!-- figures: begin -->');
});
