//! Cutting where the subject changes, and choosing a strategy by what a document looks like.

use std::ops::Range;

use api_types::kb::ChunkStrategy;
use unicode_segmentation::UnicodeSegmentation;

use super::Cutter;

/// Neither side of a cut is smaller than this part of a chunk, if that can be had.
const SMALLEST_PART: usize = 4;
/// Longest part of a document, in sentences, whose subjects are compared: beyond, only sentences are kept whole.
const MOST_SENTENCES: usize = 2_000;

impl Cutter<'_> {
    /// As large as fits, cut where neighbouring sentences have the least to do with one another. Without vectors,
    /// whole sentences.
    pub(super) fn semantic(&self, within: &Range<usize>) -> Vec<Range<usize>> {
        let parts = self.together(within);
        parts.iter().flat_map(|part| self.by_subject(part)).collect()
    }

    fn by_subject(&self, part: &Range<usize>) -> Vec<Range<usize>> {
        if self.fits(part) {
            return vec![part.clone()];
        }
        let sentences = self.whole_pieces(part);
        let texts: Vec<String> = sentences
            .iter()
            .map(|range| self.outline.slice(range).to_owned())
            .collect();
        let embed = self.embed.filter(|_| texts.len() <= MOST_SENTENCES);
        let Some(vectors) = embed.and_then(|embed| embed(&texts)) else {
            return self.sentences(part);
        };
        let mut chunks = Vec::new();
        self.halve(&sentences, &likeness(&vectors), &mut chunks);
        chunks
    }

    /// Cuts at the greatest change of subject, until everything fits. `alike` tells of each sentence but the first how
    /// much it has to do with those before it.
    fn halve(&self, sentences: &[Range<usize>], alike: &[f32], chunks: &mut Vec<Range<usize>>) {
        let (Some(first), Some(last)) = (sentences.first(), sentences.last()) else {
            return;
        };
        let all = first.start..last.end;
        if sentences.len() == 1 || self.fits(&all) {
            chunks.push(all);
            return;
        }
        let at = self.best_cut(sentences, alike);
        self.halve(&sentences[..at], &alike[..at - 1], chunks);
        self.halve(&sentences[at..], &alike[at..], chunks);
    }

    /// Before which sentence to cut, at least 1: in the middle if no cut leaves both sides large enough.
    fn best_cut(&self, sentences: &[Range<usize>], alike: &[f32]) -> usize {
        let tokens: Vec<usize> = sentences.iter().map(|sentence| self.tokens(sentence)).collect();
        let total: usize = tokens.iter().sum();
        let smallest = self.size / SMALLEST_PART;
        let mut before = 0;
        let mut best = (f32::INFINITY, sentences.len() / 2);
        for (at, likeness) in (1..).zip(alike) {
            before += tokens[at - 1];
            let large_enough = before >= smallest && total - before >= smallest;
            if large_enough && *likeness < best.0 {
                best = (*likeness, at);
            }
        }
        best.1
    }

    /// Sentences, with tables and code in one piece each if they fit into a chunk.
    fn whole_pieces(&self, part: &Range<usize>) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = part.start;
        let blocks = self.outline.blocks.iter();
        for block in
            blocks.filter(|block| block.start >= part.start && block.end <= part.end && self.fits(block))
        {
            if block.start < start {
                continue;
            }
            self.push_sentences(start..block.start, &mut pieces);
            pieces.push(block.clone());
            start = block.end;
        }
        self.push_sentences(start..part.end, &mut pieces);
        pieces
    }

    fn push_sentences(&self, range: Range<usize>, pieces: &mut Vec<Range<usize>>) {
        let sentences = self.outline.slice(&range).split_sentence_bound_indices();
        pieces.extend(sentences.map(|(at, text)| range.start + at..range.start + at + text.len()));
    }

    /// The strategy that suits the document: pages that are slides stay whole, sections that are about as large as a
    /// chunk too; text without headings is cut where its subject changes, everything else recursively.
    pub(super) fn suited(&self) -> ChunkStrategy {
        let share = |ranges: &[Range<usize>], test: &dyn Fn(&Range<usize>) -> bool| {
            let fulfilling = ranges.iter().filter(|range| test(range)).count();
            fulfilling as f32 / ranges.len().max(1) as f32
        };
        let pages = self.outline.page_ranges();
        let numbered = pages.len() >= 3 && self.outline.page(0).is_some();
        if numbered && share(&pages, &|page| self.fits(page)) >= 0.8 {
            return ChunkStrategy::Page;
        }
        let sections: Vec<Range<usize>> = self
            .outline
            .sections
            .iter()
            .filter(|section| section.level > 0)
            .map(|section| section.range.clone())
            .collect();
        let about_a_chunk =
            |section: &Range<usize>| self.fits(section) && self.tokens(section) * 4 >= self.size;
        match () {
            () if sections.is_empty() => ChunkStrategy::Semantic,
            () if sections.len() >= 3 && share(&sections, &about_a_chunk) >= 0.7 => ChunkStrategy::Heading,
            () => ChunkStrategy::Recursive,
        }
    }
}

/// Of each sentence but the first: how alike the two before it and the two from it on are.
fn likeness(vectors: &[Vec<f32>]) -> Vec<f32> {
    let cuts = 1..vectors.len();
    cuts.map(|at| {
        let before = &vectors[at.saturating_sub(2)..at];
        let after = &vectors[at..vectors.len().min(at + 2)];
        cosine(&sum(before), &sum(after))
    })
    .collect()
}

fn sum(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut vectors = vectors.iter().cloned();
    let first = vectors.next().unwrap_or_default();
    vectors.fold(first, |sum, vector| {
        sum.iter().zip(vector).map(|(a, b)| a + b).collect()
    })
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::EPSILON)
}
