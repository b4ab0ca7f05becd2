//! Chords in context: what is ambiguous alone is decided by what came before.

use kmidi_engine::harmony::context::{Belief, Context, Sounding};
use kmidi_engine::harmony::key;
use kmidi_music::notation::symbol;
use kmidi_music::{PitchClass, PitchClassSet};

fn sounding(text: &str) -> Sounding {
    let chord = symbol::parse(text).unwrap();
    Sounding { set: chord.pitch_classes(), bass: chord.bass.pitch_class(), duration: 1.0 }
}

fn transposed(chord: Sounding, by: u8) -> Sounding {
    let bass = PitchClass::new(i32::from(chord.bass.value() + by));
    Sounding { set: chord.set.transposed(by), bass, ..chord }
}

/// The roots that are heard, and the key at the end.
fn hear(context: &mut Context, chords: &str) -> (String, String) {
    context.reset();
    let heard: Vec<_> = chords.split(' ').map(|text| context.hear(sounding(text))).collect();
    let roots = heard.iter().map(|h| kmidi_music::PitchName::nearest(h.roots[0].0, 0).to_string());
    (roots.collect::<Vec<_>>().join(" "), key::key(heard[heard.len() - 1].keys.best().0).to_string())
}

#[test]
fn the_key_and_what_came_before_decide() {
    let mut context = Context::new();
    for (chords, roots, key) in [
        // Two-five-one with the two inverted; the added sixth of a song on the same notes.
        ("C G7/B C Dm7/F G7 C", "C G C D G C", "C:maj"),
        ("Cmaj7 A7 Dm7 G7 C6 Cmaj9 F6 C6", "C A D G C C F C", "C:maj"),
        // With nothing before, the notes are a song's.
        ("C6 Dm7 G7 C", "C D G C", "C:maj"),
        // A diminished seventh leads to the chord that follows from the key.
        ("Am E/G# Am Bdim/D E Am G#dim7 Am", "A E A B E A Ab A", "A:min"),
        ("Eb Bb7 Eb Ab/C Bb7 Eb", "Eb Bb Eb Ab Bb Eb", "Eb:maj"),
    ] {
        assert_eq!(hear(&mut context, chords), (roots.into(), key.into()), "{chords}");
    }
}

#[test]
fn a_modulation_is_followed_and_told() {
    let mut context = Context::new();
    let mut answers = Vec::new();
    for text in "C F G7 C F G7 C D7/F# G D7 G C/E D7 G Am/C D7 G D7 G C D7 G".split(' ') {
        let state = context.hear(sounding(text)).told().map(|(state, _)| state);
        answers.push(state.map(|state| key::key(state).to_string()));
    }
    assert_eq!(answers[6].as_deref(), Some("C:maj"));
    assert_eq!(answers[answers.len() - 1].as_deref(), Some("G:maj"));
    let switches = answers.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(switches <= 3, "{answers:?}");
}

#[test]
fn a_passage_that_comes_again_is_known_sooner() {
    let mut context = Context::new();
    let keys = |context: &mut Context, text: &str| -> Vec<f32> {
        text.split(' ').map(|text| context.hear(sounding(text)).keys.likely[7]).collect()
    };
    let (at_home, away) = ("C F G7 C F G7 C", "D7/F# G D7 G C/E D7 G Am/C D7 G D7 G C D7 G");
    keys(&mut context, at_home);
    let first = keys(&mut context, away);
    keys(&mut context, at_home);
    let again = keys(&mut context, away);
    // From the third chord on it is known where this leads, and that grows. Without recall the second time would be the later one.
    assert!(again[2] > first[2] + 0.03, "{} {}", first[2], again[2]);
    assert!(again[3] > first[3] + 0.1 && again[6] > first[6] + 0.25, "{first:?} {again:?}");
}

#[test]
fn transposing_the_chords_transposes_the_answer() {
    let chords: Vec<Sounding> =
        "Dm7/F G7 Cmaj7 C6 Bdim7 E7 Am Fmaj7 Bm7b5 E7b9 Am".split(' ').map(sounding).collect();
    let mut plain = Context::new();
    for by in 1..12 {
        let mut other = Context::new();
        plain.reset();
        for &chord in &chords {
            let (a, b) = (plain.hear(chord), other.hear(transposed(chord, by)));
            assert_eq!((a.roots[0].0.value() + by) % 12, b.roots[0].0.value());
            for state in 0..24 {
                let moved = state / 12 * 12 + (state + usize::from(by)) % 12;
                assert!((a.keys.likely[state] - b.keys.likely[moved]).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn probabilities_are_shares_whatever_is_heard() {
    let mut context = Context::new();
    let durations = [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-30, 1e30, 0.5];
    for n in 0..4_096u16 {
        let bass = PitchClass::new(i32::from(n) * 5);
        let set = PitchClassSet::from_bits(n);
        let heard = context.hear(Sounding { set, bass, duration: durations[usize::from(n) % 7] });
        let keys: f32 = heard.keys.likely.iter().sum();
        let roots: f32 = heard.roots.iter().map(|root| root.1).sum();
        assert!((keys - 1.0).abs() < 1e-3 && (0.5..1.001).contains(&roots), "{n:012b}: {keys} {roots}");
    }
}

#[test]
fn nothing_is_left_after_a_reset() {
    let (mut used, mut fresh) = (Context::new(), Context::new());
    hear(&mut used, "Bb7 Eb7 Ab7 Db7");
    used.reset();
    for text in ["C", "Am7", "Dm7", "G7"] {
        assert_eq!(used.hear(sounding(text)), fresh.hear(sounding(text)));
    }
}

/// Forward and backward pass agree: the probability of the whole piece is the same wherever it is cut.
#[test]
fn both_passes_see_one_piece() {
    let mut context = Context::new();
    let evidence: Vec<_> =
        "C Am Dm G7 C D7 G Em A7 D7 G".split(' ').map(|text| context.hear(sounding(text)).evidence).collect();
    let model = context.model();
    let mut forward = vec![model.start(&evidence[0])];
    for evidence in &evidence[1..] {
        forward.push(model.next(&forward[forward.len() - 1], evidence));
    }
    let last = forward[forward.len() - 1].keys();
    let smoothed = forward[forward.len() - 1].with_later(&Belief::OPEN).keys();
    assert!(last.iter().zip(smoothed).all(|(a, b)| (a - b).abs() < 1e-6));
    // Hearing the end makes the beginning surer.
    let mut later = Belief::OPEN;
    for (at, evidence) in evidence.iter().enumerate().skip(1).rev() {
        later = model.before(&later, evidence);
        let share: f32 = forward[at - 1].with_later(&later).keys().iter().sum();
        assert!((share - 1.0).abs() < 1e-4);
    }
    assert!(forward[0].with_later(&later).keys()[0] > forward[0].keys()[0]);
}
