//! What the user may say to `kmidi compose`.

use clap::Args;
use kmidi::Wishes;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  kmidi compose \"nostalgic, then defiant\" -o song.mid --wav song.wav
  kmidi compose --valence -0.6 --arousal -0.4 --key \"D minor\" --meter 6/8 -o slow.mid
  kmidi compose --arc \"0:-0.6,-0.4 1:0.7,0.3\" --form verse-chorus --bars 48 -o arc.mid
  kmidi compose calm --chords \"Cmaj7 A7/C# Dm7 G7\" --variations 3 -o take.mid
  kmidi compose calm --style bossa-nova -o bossa.mid
  kmidi compose warm --melody tune.mid -o song.mid
  kmidi compose --from song.mid --bars-again 5-6 -o better.mid
  kmidi compose --from song.mid --style bossa-nova -o bossa.mid
  kmidi compose --intent wish.toml --seed 3 -o song.mid
  kmidi compose --ask --save-intent wish.toml -o song.mid
  kmidi compose grieving --break open-ending --break grand-pause -o song.mid
  kmidi compose --styles                     the styles that there are";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("feeling").args(["text", "emotion", "valence", "arc"]).multiple(false))]
pub(crate) struct Compose {
    /// What the music should feel like: "bittersweet, then hopeful". Without any feeling: calm
    pub(crate) text: Option<String>,
    /// One feeling by name, such as nostalgic
    #[arg(long, value_name = "NAME")]
    pub(crate) emotion: Option<String>,
    /// How pleasant, -1 to 1
    #[arg(long, value_name = "V", requires = "arousal", allow_negative_numbers = true, value_parser = unit)]
    pub(crate) valence: Option<f32>,
    /// How excited, -1 to 1
    #[arg(long, value_name = "A", requires = "valence", allow_negative_numbers = true, value_parser = unit)]
    pub(crate) arousal: Option<f32>,
    /// Feeling over time, as PLACE:VALENCE,AROUSAL from 0 to 1: "0:-0.6,-0.4 1:0.7,0.3"
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) arc: Option<String>,
    /// Read the wishes from a file (docs/intent.md); options take the place of what it says
    #[arg(long, value_name = "FILE.toml|FILE.json")]
    pub(crate) intent: Option<PathBuf>,
    /// Write all wishes into a file, to be edited and run again with --intent
    #[arg(long, value_name = "FILE.toml|FILE.json")]
    pub(crate) save_intent: Option<PathBuf>,
    /// Ask at most seven questions, write the answers as an intent file, and compose; Enter takes the default. Questions that
    /// options answer are not asked
    #[arg(long, conflicts_with = "intent")]
    pub(crate) ask: bool,
    /// The key: C, "F# minor", Bb:maj
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// Felt beats a minute, 20 to 400
    #[arg(long, value_name = "BPM")]
    pub(crate) tempo: Option<f64>,
    /// The metre: 4/4, 3/4, 6/8
    #[arg(long)]
    pub(crate) meter: Option<String>,
    /// Length in bars, 1 to 512
    #[arg(long, value_name = "N")]
    pub(crate) bars: Option<u32>,
    /// Sections as letters (AABA), names (intro, verse, build, drop) or a form (verse-chorus, ballad, rondo, build-drop)
    #[arg(long)]
    pub(crate) form: Option<String>,
    /// The style: a name of --styles, or a file
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub(crate) style: Option<String>,
    /// List the styles
    #[arg(long, exclusive = true)]
    pub(crate) styles: bool,
    /// Roman numerals, one a bar, in brackets several: "I V vi IV", "[I V6] vi"
    #[arg(long, conflicts_with = "chords", value_name = "NUMERALS")]
    pub(crate) progression: Option<String>,
    /// Chord symbols, one a bar, in brackets several: "Cmaj7 A7/C# Dm7 G7", "[C G/B] Am"
    #[arg(long)]
    pub(crate) chords: Option<String>,
    /// Break a rule on purpose, by a name of --breaks; repeatable
    #[arg(long = "break", value_name = "NAME")]
    pub(crate) breaks: Vec<String>,
    /// List the rules that can be broken, with what each does and why one would
    #[arg(long = "breaks", exclusive = true)]
    pub(crate) list_breaks: bool,
    /// Write the song around the melody of a MIDI file, which stays as it is
    #[arg(long, value_name = "FILE.mid")]
    pub(crate) melody: Option<String>,
    /// Write the song around the drums of a MIDI file, which stay as they are
    #[arg(long, value_name = "FILE.mid")]
    pub(crate) drums: Option<String>,
    /// Work on a song that is there: with --lock, --bars-again, --continue or --style; alone, make it again from its recipe
    #[arg(long, value_name = "SONG.mid")]
    pub(crate) from: Option<String>,
    /// Keep parts of --from as they are: chords, melody, bass, drums, harmony (which chords, not how they are played)
    #[arg(long, value_name = "PARTS")]
    pub(crate) lock: Option<String>,
    /// Write these bars of --from anew and touch nothing else: 5-6
    #[arg(long, value_name = "BARS")]
    pub(crate) bars_again: Option<String>,
    /// Go on after the end of --from for so many bars
    #[arg(long = "continue", value_name = "N")]
    pub(crate) go_on: Option<u32>,
    /// All choices follow from this number; 0 without it
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Make this many songs, from the seed on; files get -1, -2, ... before their ending
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) variations: Option<u16>,
    /// Write the song as a MIDI file
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: Option<PathBuf>,
    /// Write the score with chord symbols
    #[arg(long, value_name = "FILE.musicxml")]
    pub(crate) musicxml: Option<PathBuf>,
    /// Write the chords as a ChordPro sheet
    #[arg(long, value_name = "FILE.cho")]
    pub(crate) chordpro: Option<PathBuf>,
    /// Write the sound
    #[arg(long, value_name = "FILE.wav")]
    pub(crate) wav: Option<PathBuf>,
    /// Play it with this SoundFont instead of the small synthesiser
    #[arg(long, value_name = "FILE.sf2", requires = "wav")]
    pub(crate) soundfont: Option<PathBuf>,
    /// Draw a piano roll with chords and sections
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Write each part as a MIDI file of its own into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) stems: Option<PathBuf>,
    /// Write a lead sheet: the melody on a staff, with chord symbols and sections, as a page or as a score
    #[arg(long, value_name = "FILE.svg|FILE.musicxml")]
    pub(crate) lead_sheet: Option<PathBuf>,
    /// Write the plan as JSON ("-": standard output, instead of the text)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Compose {
    /// The wishes among the options.
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes {
            text: self.text.clone(),
            emotion: self.emotion.clone(),
            valence: self.valence,
            arousal: self.arousal,
            arc: self.arc.clone(),
            now: None,
            longing: None,
            kept: None,
            end: None,
            key: self.key.clone(),
            tempo: self.tempo,
            meter: self.meter.clone(),
            bars: self.bars,
            form: self.form.clone(),
            style: self.style.clone(),
            progression: self.progression.clone(),
            chords: self.chords.clone(),
            breaks: self.breaks.clone(),
            melody: self.melody.clone(),
            drums: self.drums.clone(),
            from: self.from.clone(),
            lock: self.lock.clone(),
            bars_again: self.bars_again.clone(),
            go_on: self.go_on,
            seed: self.seed,
            variations: self.variations,
        }
    }
}

fn unit(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (-1.0..=1.0).contains(&value) => Ok(value),
        _ => Err("use a number from -1 to 1".into()),
    }
}
