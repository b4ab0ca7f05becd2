//! Sound files heard: music is told with confidence, speech without.

use kmidi::studio::analyze::Analysis;
use std::path::Path;

fn tempo_and_metre(answer: &Analysis) -> (f64, f64) {
    let tempo = answer.tempo.as_ref().map_or(0.0, |tempo| tempo.confidence);
    (tempo, answer.meter.as_ref().map_or(0.0, |meter| meter.confidence))
}

#[test]
fn speech_has_no_beat_to_be_sure_of_and_no_chord() {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/sound/speech.ogg");
    let spoken = kmidi::analyze(speech, &|_| {}).unwrap();
    for answer in [&spoken.causal, &spoken.whole] {
        let (tempo, metre) = tempo_and_metre(answer);
        assert!(tempo < 0.3 && metre < 0.2, "{tempo} {metre}");
        assert!(answer.swing.as_ref().is_none_or(|swing| swing.confidence < 0.3), "{:?}", answer.swing);
        assert!(!answer.onsets.is_empty(), "speech has onsets");
        let tonal: f64 = answer
            .chords
            .iter()
            .filter(|chord| chord.label != "N")
            .map(|chord| chord.end - chord.start)
            .sum();
        assert!(tonal < 0.05 * answer.duration, "{:?}", answer.chords);
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.wav");
    let wish = kmidi::Intent {
        bars: Some(12),
        style: Some("pop".into()),
        ..kmidi::intent_from_text("happy").unwrap()
    };
    let (_, song) = kmidi::compose(&wish).unwrap();
    kmidi::save_wav(&song, &path, kmidi::Sound::Synth).unwrap();
    let played = kmidi::analyze(&path, &|_| {}).unwrap();
    for answer in [&played.causal, &played.whole] {
        let (tempo, metre) = tempo_and_metre(answer);
        assert!(tempo > 0.5 && metre > 0.25, "{tempo} {metre}");
    }
}
