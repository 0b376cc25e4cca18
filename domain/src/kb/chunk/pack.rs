//! Cutting by sentences and by words.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::Cutter;

impl Cutter<'_> {
    /// Whole sentences up to the size; a longer sentence is cut by words.
    pub(super) fn sentences(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let sentences = pieces(range, self.outline.slice(range).split_sentence_bound_indices());
        let cut = |sentence: &Range<usize>| {
            if self.fits(sentence) {
                vec![sentence.clone()]
            } else {
                self.words(sentence)
            }
        };
        let fitting: Vec<Range<usize>> = sentences.iter().flat_map(cut).collect();
        self.pack(&fitting)
    }

    /// As many words as fit; a longer word is cut anywhere.
    pub(super) fn words(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let words = pieces(range, self.outline.slice(range).split_word_bound_indices());
        let fitting: Vec<Range<usize>> = words.iter().flat_map(|word| self.characters(word)).collect();
        self.pack(&fitting)
    }

    /// The word itself if it fits, else its characters.
    fn characters(&self, word: &Range<usize>) -> Vec<Range<usize>> {
        if self.fits(word) {
            return vec![word.clone()];
        }
        let starts = self.outline.slice(word).char_indices();
        starts
            .map(|(at, c)| word.start + at..word.start + at + c.len_utf8())
            .collect()
    }

    /// Puts neighbouring pieces together as far as they fit, repeating the last ones of each chunk up to the
    /// overlap. Tokens are added up, because counting each longer prefix again would take quadratic time, and
    /// what was put together is counted once more.
    fn pack(&self, pieces: &[Range<usize>]) -> Vec<Range<usize>> {
        let tokens: Vec<usize> = pieces.iter().map(|piece| self.tokens(piece)).collect();
        let mut chunks = Vec::new();
        let mut start = 0;
        while start < pieces.len() {
            let mut end = longest_fit(&tokens, start, self.size);
            while end > start + 1 && self.tokens(&span(&pieces[start..end])) > self.size {
                end -= 1;
            }
            chunks.push(span(&pieces[start..end]));
            if end == pieces.len() {
                break;
            }
            start = overlap_start(&tokens, start, end, self.overlap);
        }
        chunks
    }
}

fn pieces<'t>(range: &Range<usize>, parts: impl Iterator<Item = (usize, &'t str)>) -> Vec<Range<usize>> {
    parts
        .map(|(at, part)| range.start + at..range.start + at + part.len())
        .collect()
}

/// From the start of the first to the end of the last; never called with none.
fn span(pieces: &[Range<usize>]) -> Range<usize> {
    let start = pieces.first().map_or(0, |piece| piece.start);
    start..pieces.last().map_or(start, |piece| piece.end)
}

/// End of the pieces from `start` that fit into `size`, at least one.
fn longest_fit(tokens: &[usize], start: usize, size: usize) -> usize {
    let mut sum = 0;
    let fitting = tokens[start..].iter().take_while(|&&count| {
        sum += count;
        sum <= size
    });
    start + fitting.count().max(1)
}

/// Where the next chunk starts: as many pieces before `end` as fit into the overlap, but after `start`.
fn overlap_start(tokens: &[usize], start: usize, end: usize, overlap: usize) -> usize {
    let mut sum = 0;
    let repeated = tokens[start + 1..end].iter().rev().take_while(|&&count| {
        sum += count;
        sum <= overlap
    });
    end - repeated.count()
}
