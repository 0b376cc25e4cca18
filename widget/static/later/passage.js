// Which sentence of a passage an answer stands on: the one that has most of the citing sentence's words. It is marked and
// brought into view when the source is opened. Nothing happens where no sentence stands out, or in browsers that can't mark text.

import { part } from './dom.js';

// How much of the citing sentence's words a sentence has to have.
const ENOUGH = 0.34;

const sheet = new CSSStyleSheet();
sheet.replaceSync('::highlight(cited) { background: color-mix(in srgb, var(--ink) 22%, transparent); }');
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const pieces = (text, granularity) => [...new Intl.Segmenter(undefined, { granularity }).segment(text)];
// Short words are in every sentence, where words are made of letters.
const words = (text) =>
  new Set(
    pieces(text, 'word')
      .filter(({ segment, isWordLike }) => isWordLike && (segment.length > 3 || /[\p{Nd}\p{Script=Han}\p{Script=Katakana}]/u.test(segment)))
      .map(({ segment }) => segment.toLowerCase()),
  );

// The sentence that ends where the answer cites the source.
const claim = (cite) => {
  const range = document.createRange();
  range.setStart(cite.closest('p, li, td, h3, h4, h5') || cite.parentNode, 0);
  range.setEndBefore(cite);
  return pieces(range.toString(), 'sentence').map(({ segment }) => segment).findLast((text) => words(text).size) || '';
};

const share = (wanted, text) => {
  const there = words(text);
  return [...wanted].filter((word) => there.has(word)).length / wanted.size;
};

// The range of some characters of an element's text.
const rangeOf = (element, start, end) => {
  const range = document.createRange();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let at = 0, node; (node = walker.nextNode()); at += node.length) {
    if (start >= at && start < at + node.length) range.setStart(node, start - at);
    if (end > at && end <= at + node.length) range.setEnd(node, end - at);
  }
  return range;
};

// `opener` is the button that opened a source.
export const point = (opener) => {
  const answer = opener.closest('article');
  const quote = part('quote', part('card', answer));
  window.CSS?.highlights?.delete('cited');
  if (!quote || !window.CSS?.highlights || !Intl.Segmenter) return;
  const { n } = opener.dataset;
  const cites = opener.matches('.cite') ? [opener] : [...answer.querySelectorAll(`.cite[data-n="${n}"]`)];
  const claims = cites.map((cite) => words(claim(cite))).filter(({ size }) => size);
  let best = { score: ENOUGH };
  for (const block of quote.querySelectorAll('p, li, td, th, h3, h4, h5, pre')) {
    // The innermost ones.
    if (block.querySelector('p, li')) continue;
    for (const { segment, index } of pieces(block.textContent, 'sentence')) {
      const score = Math.max(0, ...claims.map((wanted) => share(wanted, segment)));
      if (score > best.score) best = { score, block, start: index, end: index + segment.trimEnd().length };
    }
  }
  if (!best.block) return;
  const range = rangeOf(best.block, best.start, best.end);
  CSS.highlights.set('cited', new Highlight(range));
  // As far as it takes to see it with the line before.
  const top = range.getBoundingClientRect().top - quote.getBoundingClientRect().top;
  if (top + 40 > quote.clientHeight) quote.scrollTop = top - 32;
};
