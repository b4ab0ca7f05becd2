//! The silence before a drop stays when bars are written anew.

use kmidi::io::smf::{Pedal, SmfNote};
use kmidi::{Source, Style};

#[test]
fn bars_again_keep_the_silence_before_a_drop() {
    let folder = tempfile::tempdir().unwrap();
    let style = Style::named("house").unwrap();
    let path = folder.path().join("house.mid");
    for seed in 1..6 {
        let mut intent = kmidi::intent_from_text("energetic").unwrap();
        (intent.bars, intent.seed, intent.style) = (Some(32), seed, Some("house".into()));
        let (plan, song) = kmidi::compose_in(&intent, &style).unwrap();
        kmidi::save_midi(&kmidi::perform(&song, &style).unwrap(), &path).unwrap();
        let before = Source::read(&path).unwrap();
        let drop = plan.sections.iter().find(|section| section.name == "drop").unwrap().start_bar;
        let after = before.again(&before.intent(), &style, (drop - 1, drop), seed + 8, &[]).unwrap();
        let line = u64::from(drop) * 1_920;
        // A groove plays up to a twelfth of a beat early.
        let silence = line - 480..line - 40;
        let sounds = |note: &&SmfNote| note.onset.0 < silence.end && note.end.0 > silence.start;
        let notes = after.file.notes(Pedal::Ignored);
        assert_eq!(notes.iter().filter(sounds).collect::<Vec<_>>(), Vec::<&SmfNote>::new(), "seed {seed}");
    }
}
