//! Chords in time.
//!
//! **Convention**: segments with a start, an end and a label in Harte's syntax ([`Symbol`]). Segments are put in order,
//! one ends where the next starts, equal neighbours are joined; the estimate is cut to the span of the reference and
//! filled up with `N`. A gap belongs to the segment before it.
//!
//! **Measures**: weighted chord symbol recall, the share of the time in which the estimate is right by a rule (Harte 2010;
//! Pauwels and Peeters 2013), and the segmentation, 1 minus the larger of the two directional Hamming
//! distances (Abdallah, Noland, Sandler, Casey and Rhodes 2005; Harte 2010), which over- and under-segmentation lower.

mod compare;
mod label;

pub use label::Symbol;

use super::events::finite;
use super::{Error, Ratio};

/// A chord in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment<'a> {
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Label in Harte's syntax.
    pub label: &'a str,
}

/// Figures of one piece. A ratio is seconds right of seconds counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// Equal roots.
    pub root: Ratio,
    /// Equal major or minor triads.
    pub majmin: Ratio,
    /// Three pitch classes shared.
    pub mirex: Ratio,
    /// Equal within major, minor and their usual sevenths.
    pub sevenths: Ratio,
    /// Equal in all tones.
    pub tetrads: Ratio,
    /// Agreement of the boundaries, 0 to 1.
    pub segmentation: f64,
}

/// Scores estimated chords against the reference. No estimate counts as `N` throughout.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::Span`] and [`Error::Label`] for a reference that covers no time or cannot be read.
pub fn measure(reference: &[Segment<'_>], estimate: &[Segment<'_>]) -> Result<Scores, Error> {
    let reference = tidy("truth chords", reference)?;
    let (Some(first), Some(last)) = (reference.first(), reference.last()) else {
        return Err(Error::Span { reason: "they cover no time" });
    };
    if first.start < 0.0 {
        return Err(Error::Span { reason: "they start before 0 s" });
    }
    let estimate = fitted(&tidy("answer chords", estimate)?, first.start, last.end);
    let read =
        |c: &Segment<'_>| Symbol::parse(c.label).ok_or_else(|| Error::Label { label: c.label.to_owned() });
    let truth: Vec<Symbol> = reference.iter().map(read).collect::<Result<_, _>>()?;
    let heard: Vec<Symbol> = estimate.iter().map(|c| Symbol::closest(c.label)).collect();

    let cuts = boundaries(reference.iter().chain(&estimate));
    let mut scores = Scores {
        segmentation: 1.0 - fragmentation(&reference, &estimate).max(fragmentation(&estimate, &reference)),
        ..Scores::default()
    };
    for cut in cuts.windows(2) {
        let (truth, heard) = (truth[sounding(&reference, cut[0])], heard[sounding(&estimate, cut[0])]);
        let count = |ratio: &mut Ratio, right: Option<bool>| {
            if let Some(right) = right {
                ratio.whole += cut[1] - cut[0];
                ratio.part += if right { cut[1] - cut[0] } else { 0.0 };
            }
        };
        count(&mut scores.root, compare::root(truth, heard));
        count(&mut scores.majmin, compare::majmin(truth, heard));
        count(&mut scores.mirex, compare::mirex(truth, heard));
        count(&mut scores.sevenths, compare::sevenths(truth, heard));
        count(&mut scores.tetrads, compare::tetrads(truth, heard));
    }
    Ok(scores)
}

/// Segments in order, without overlaps, equal neighbours joined; those of less than a microsecond are left out, and gaps
/// of less than a millisecond are closed.
fn tidy<'a>(what: &'static str, segments: &[Segment<'a>]) -> Result<Vec<Segment<'a>>, Error> {
    let times: Vec<f64> = segments.iter().flat_map(|c| [c.start, c.end]).collect();
    finite(what, &times)?;
    let mut sorted: Vec<Segment<'_>> = segments.iter().filter(|c| c.end > c.start).copied().collect();
    sorted
        .sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)).then(a.label.cmp(b.label)));
    let mut tidy: Vec<Segment<'_>> = Vec::with_capacity(sorted.len());
    for (at, &segment) in sorted.iter().enumerate() {
        let end = sorted.get(at + 1).map_or(segment.end, |next| segment.end.min(next.start));
        if end - segment.start < 1e-6 {
            continue;
        }
        match tidy.last_mut() {
            Some(last) if last.label == segment.label && segment.start - last.end < 1e-3 => last.end = end,
            _ => tidy.push(Segment { end, ..segment }),
        }
    }
    for at in 1..tidy.len() {
        let next = tidy[at].start;
        if next - tidy[at - 1].end < 1e-3 {
            tidy[at - 1].end = next;
        }
    }
    Ok(tidy)
}

/// The tidy segments cut to `from..to`, with `N` where they do not reach.
fn fitted<'a>(segments: &[Segment<'a>], from: f64, to: f64) -> Vec<Segment<'a>> {
    let inside = segments.iter().filter(|c| c.end > from && c.start < to);
    let mut fitted: Vec<Segment<'_>> =
        inside.map(|c| Segment { start: c.start.max(from), end: c.end.min(to), ..*c }).collect();
    let silence = |start, end| Segment { start, end, label: "N" };
    let (first, last) = match (fitted.first(), fitted.last()) {
        (Some(first), Some(last)) => (first.start, last.end),
        _ => return vec![silence(from, to)],
    };
    if first > from {
        fitted.insert(0, silence(from, first));
    }
    if last < to {
        fitted.push(silence(last, to));
    }
    fitted
}

/// Every start and end, in order, each once.
fn boundaries<'a>(segments: impl Iterator<Item = &'a Segment<'a>>) -> Vec<f64> {
    let mut cuts: Vec<f64> = segments.flat_map(|c| [c.start, c.end]).collect();
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts
}

/// The place of the last segment that starts at or before `time`.
fn sounding(segments: &[Segment<'_>], time: f64) -> usize {
    segments.partition_point(|c| c.start <= time).saturating_sub(1)
}

/// The directional Hamming distance: the share of each segment's time that lies outside the longest piece into which the
/// other's boundaries cut it.
fn fragmentation(segments: &[Segment<'_>], other: &[Segment<'_>]) -> f64 {
    let cuts = boundaries(other.iter());
    let mut outside = 0.0;
    for segment in segments {
        let (from, to) =
            (cuts.partition_point(|&c| c < segment.start), cuts.partition_point(|&c| c < segment.end));
        let (mut start, mut longest) = (segment.start, 0.0_f64);
        for &cut in cuts[from..to].iter().chain([&segment.end]) {
            longest = longest.max(cut - start);
            start = cut;
        }
        outside += (segment.end - segment.start) - longest;
    }
    match (segments.first(), segments.last()) {
        (Some(first), Some(last)) => outside / (last.end - first.start),
        _ => 0.0,
    }
}

/// Seconds of `answer` that are asked and right by the rule for sevenths.
pub fn sevenths_within(reference: &[Segment<'_>], answer: Segment<'_>) -> Ratio {
    let mut ratio = Ratio::default();
    for truth in reference {
        let seconds = truth.end.min(answer.end) - truth.start.max(answer.start);
        let right = compare::sevenths(Symbol::closest(truth.label), Symbol::closest(answer.label));
        if let Some(right) = right.filter(|_| seconds > 0.0) {
            ratio.whole += seconds;
            ratio.part += if right { seconds } else { 0.0 };
        }
    }
    ratio
}

/// Is `label` right for `reference` by the rule for major and minor triads? `None` where the reference lies outside that
/// vocabulary.
pub fn majmin(reference: &str, label: &str) -> Option<bool> {
    compare::majmin(label::Symbol::closest(reference), label::Symbol::closest(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chords<'a>(list: &[(f64, f64, &'a str)]) -> Vec<Segment<'a>> {
        list.iter().map(|&(start, end, label)| Segment { start, end, label }).collect()
    }

    const TRUTH: [(f64, f64, &str); 3] = [(0.0, 4.0, "C:maj"), (4.0, 6.0, "A:min7"), (6.0, 8.0, "N")];

    fn check(estimate: &[(f64, f64, &str)]) -> Scores {
        measure(&chords(&TRUTH), &chords(estimate)).unwrap()
    }

    #[test]
    fn seconds_by_hand() {
        // C is right for 3 of 4 s; the triad of A is right, its seventh is not; N is right.
        let scores = check(&[(0.0, 3.0, "C:maj"), (3.0, 6.0, "A:min"), (6.0, 8.0, "N")]);
        assert_eq!(scores.root, Ratio { part: 7.0, whole: 8.0 });
        assert_eq!(scores.majmin, Ratio { part: 7.0, whole: 8.0 });
        assert_eq!(scores.sevenths, Ratio { part: 5.0, whole: 8.0 });
        assert_eq!(scores.tetrads, Ratio { part: 5.0, whole: 8.0 });
        assert!((scores.segmentation - (1.0 - 1.0 / 8.0)).abs() < 1e-12);
    }

    #[test]
    fn perfect_and_empty() {
        let perfect = check(&TRUTH);
        assert_eq!((perfect.tetrads.value(), perfect.segmentation), (1.0, 1.0));
        let empty = check(&[]);
        assert_eq!(empty.root, Ratio { part: 2.0, whole: 8.0 }, "silence is right where nothing sounds");
        assert_eq!(empty.segmentation, 0.5);
        for outside in
            [[(9.0, 12.0, "C:maj")], [(-3.0, 0.0, "C:maj")], [(8.0, 9.0, "C")], [(2.0, 2.0, "C:maj")]]
        {
            assert_eq!(check(&outside), empty, "{outside:?}");
        }
    }

    #[test]
    fn a_gap_and_an_overlap_belong_to_the_earlier_start_until_the_next() {
        let gap = check(&[(0.0, 2.0, "C:maj"), (4.0, 6.0, "A:min7"), (6.0, 8.0, "N")]);
        assert_eq!(gap.root.part, 8.0);
        let overlap = check(&[(6.0, 8.0, "N"), (0.0, 5.0, "C:maj"), (4.0, 9.0, "A:min7")]);
        assert_eq!((overlap.tetrads.part, overlap.segmentation), (8.0, 1.0));
    }

    #[test]
    fn tidy_joins_equal_neighbours_and_closes_small_gaps() {
        let tidied = |list: &[(f64, f64, &'static str)]| tidy("test", &chords(list)).unwrap();
        assert_eq!(tidied(&[(1.0005, 2.0, "C"), (0.0, 1.0, "C")]), chords(&[(0.0, 2.0, "C")]));
        assert_eq!(
            tidied(&[(0.0, 1.0, "C"), (1.0005, 2.0, "G")]),
            chords(&[(0.0, 1.0005, "C"), (1.0005, 2.0, "G")])
        );
        assert_eq!(tidied(&[(0.0, 1.5, "C"), (1.0, 2.0, "G")]), chords(&[(0.0, 1.0, "C"), (1.0, 2.0, "G")]));
        let gap = [(0.0, 1.0, "C"), (1.1, 2.0, "C")];
        assert_eq!(tidied(&gap), chords(&gap));
        assert_eq!(tidied(&[(0.0, 1e-7, "C"), (1.0, 1.0, "C")]), []);
    }

    #[test]
    fn a_later_answer_and_a_flickering_one_score_less() {
        let late = check(&TRUTH.map(|(start, end, label)| (start + 0.5, end + 0.5, label)));
        assert!((late.majmin.value() - 6.5 / 8.0).abs() < 1e-12, "{late:?}");
        let flicker = check(&[
            (0.0, 1.9, "C:maj"),
            (1.9, 2.0, "C:min"),
            (2.0, 4.0, "C:maj"),
            (4.0, 6.0, "A:min7"),
            (6.0, 8.0, "N"),
        ]);
        assert!((flicker.segmentation - 0.75).abs() < 1e-12, "{flicker:?}");
        assert!(flicker.majmin.value() > 0.98);
    }

    #[test]
    fn malformed() {
        let truth = |list: &[(f64, f64, &str)]| measure(&chords(list), &[]);
        assert!(matches!(truth(&[]), Err(Error::Span { .. })));
        assert!(matches!(truth(&[(2.0, 1.0, "C")]), Err(Error::Span { .. })));
        assert!(matches!(truth(&[(-1.0, 1.0, "C")]), Err(Error::Span { .. })));
        assert!(matches!(truth(&[(0.0, 1.0, "H:maj")]), Err(Error::Label { .. })));
        assert!(matches!(truth(&[(0.0, f64::NAN, "C")]), Err(Error::NotFinite { index: 1, .. })));
        assert!(measure(&chords(&TRUTH), &chords(&[(0.0, f64::INFINITY, "C")])).is_err());
        assert_eq!(check(&[(0.0, 8.0, "no chord at all")]).root, Ratio { part: 2.0, whole: 8.0 });
    }
}
