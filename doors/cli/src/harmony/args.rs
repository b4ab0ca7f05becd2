//! What the user may say to `kmidi harmony`.

use clap::{Args, Subcommand, ValueEnum};
use kmidi::engine::harmony::voicing::Rule;
use kmidi::music::Key;
use kmidi::music::notation::any::Notation;
use std::path::PathBuf;

const NAME_EXAMPLES: &str = "\
Examples:
  kmidi harmony name C Eb G Bb                   the first note is the lowest
  kmidi harmony name \"51 55 58 60\" --key Bb      MIDI numbers; numerals in Bb major
  kmidi harmony name E3 G3 C4 --json
  kmidi harmony name --batch chords.txt --json   a line of JSON for each line";

const PARSE_EXAMPLES: &str = "\
Examples:
  kmidi harmony parse Cmaj7#11/G
  kmidi harmony parse C:min7/b3 \"A7(b9)\" Bø --key G
  kmidi harmony parse V65/V bVII Ger65 --key \"C minor\"
  kmidi harmony parse b7 --notation nashville --key E

A text is Harte's where it has a colon, a Nashville number where a digit comes first (after signs), a
Roman numeral where I or V comes first, else a lead-sheet symbol; --notation overrules that.";

const PROGRESSION_EXAMPLES: &str = "\
Examples:
  kmidi harmony progression \"I V vi IV\" --key C
  kmidi harmony progression \"C: I V65/V V G: I IV\"     keys may change on the way
  kmidi harmony progression \"Dm7 G7 | Cmaj7\"           the likely key is told
  kmidi harmony progression \"1 5 6- 4\" --key E --to Bb -o loop.mid";

const VOICE_EXAMPLES: &str = "\
Examples:
  kmidi harmony voice \"C Am F G\"
  kmidi harmony voice \"I vi ii6 V7 I\" --key A -o chorale.mid
  kmidi harmony voice \"Dm9 G13 Cmaj9\" --style keyboard --voices 5
  kmidi harmony voice \"C Am F G\" --allow parallels,hidden --forbid unison --max-leap 5

Rules: bass, crossing, unison, spacing, fifth, doubling, leap, overlap, parallel-fifths, parallel-octaves (parallels: both),
hidden, seventh, leading, common-tones.";

const SUGGEST_EXAMPLES: &str = "\
Examples:
  kmidi harmony suggest \"C Am Dm7 G7\"
  kmidi harmony suggest \"I bVI bIII\" --key C --count 10
  kmidi harmony suggest \"Am F C\" --feeling \"tender, wistful\"
  kmidi harmony suggest \"C F\" --tension 15              0 is the tonic, 6 a dominant seventh

Scores are logarithms of odds: one that is 0.7 higher is twice as likely.";

#[derive(Debug, Args)]
pub(crate) struct Harmony {
    #[command(subcommand)]
    pub(crate) question: Question,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Name the chord that some notes make, with reasons
    #[command(after_help = NAME_EXAMPLES)]
    Name(Name),
    /// Read chords and print them in every notation
    #[command(after_help = PARSE_EXAMPLES)]
    Parse(Parse),
    /// Tell numerals, keys and functions of a row of chords
    #[command(after_help = PROGRESSION_EXAMPLES)]
    Progression(Progression),
    /// Lead voices through a row of chords, with the least movement under rules
    #[command(after_help = VOICE_EXAMPLES)]
    Voice(Voice),
    /// Suggest the next chord, with reasons
    #[command(after_help = SUGGEST_EXAMPLES)]
    Suggest(Suggest),
}

#[derive(Debug, Args)]
pub(crate) struct Name {
    /// Note names (C, Eb4) or MIDI numbers; without octaves the first is the lowest
    #[arg(required_unless_present = "batch", conflicts_with = "batch", value_name = "NOTES")]
    pub(crate) notes: Vec<String>,
    /// The key to spell and judge in: C, "F# minor", Bb:maj
    #[arg(long, value_parser = key)]
    pub(crate) key: Option<Key>,
    /// A chord a line ("-": standard input); each line gets one line
    #[arg(long, value_name = "FILE")]
    pub(crate) batch: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Parse {
    /// Chords in any notation
    #[arg(required = true, value_name = "SYMBOL")]
    pub(crate) symbols: Vec<String>,
    /// The key of numerals and numbers: C, "F# minor", Bb:maj
    #[arg(long, value_parser = key)]
    pub(crate) key: Option<Key>,
    /// Read as this notation, whatever it looks like
    #[arg(long)]
    pub(crate) notation: Option<Written>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Progression {
    /// Chords in any notation, parted by spaces or bars; a key with a colon (G:) changes the key
    #[arg(required = true, value_name = "CHORDS")]
    pub(crate) chords: Vec<String>,
    /// The key at the start: C, "F# minor", Bb:maj. Without it the likely key is told
    #[arg(long, value_parser = key)]
    pub(crate) key: Option<Key>,
    /// Read as this notation, whatever it looks like
    #[arg(long)]
    pub(crate) notation: Option<Written>,
    /// Transpose so that the first key has this tonic; modes stay
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub(crate) to: Option<Key>,
    /// Write it as a MIDI file, a bar a chord
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Voice {
    /// Chords in any notation, parted by spaces or bars
    #[arg(required = true, value_name = "CHORDS")]
    pub(crate) chords: Vec<String>,
    /// The key, in which leading notes are told. Without it the likely key counts
    #[arg(long, value_parser = key)]
    pub(crate) key: Option<Key>,
    /// Read as this notation, whatever it looks like
    #[arg(long)]
    pub(crate) notation: Option<Written>,
    /// How many voices, 2 to 6
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=6))]
    pub(crate) voices: u8,
    /// The rules to start from
    #[arg(long, default_value = "chorale")]
    pub(crate) style: Style,
    /// Rules that do not count
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule)]
    pub(crate) allow: Vec<Named>,
    /// Rules that must not be broken
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule)]
    pub(crate) forbid: Vec<Named>,
    /// The largest step of a voice, in semitones (the lowest may also go an octave)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=48))]
    pub(crate) max_leap: Option<u8>,
    /// Write it as a MIDI file, a bar a chord
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Suggest {
    /// The chords so far, in any notation, parted by spaces or bars; a key with a colon (G:) changes the key
    #[arg(required = true, value_name = "CHORDS")]
    pub(crate) chords: Vec<String>,
    /// The key: C, "F# minor", Bb:maj. Without it the likely key counts
    #[arg(long, value_parser = key)]
    pub(crate) key: Option<Key>,
    /// Read as this notation, whatever it looks like
    #[arg(long)]
    pub(crate) notation: Option<Written>,
    /// How many chords to suggest
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) count: u8,
    /// Words for a feeling that the next chord should have: "calm, a little sad"
    #[arg(long, value_name = "WORDS")]
    pub(crate) feeling: Option<String>,
    /// How tense the next chord should be, 0 to 40 (Lerdahl's tonal tension)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=40))]
    pub(crate) tension: Option<u8>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Rules by what they are for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Style {
    /// Voices as in a chorale, the lowest the bass
    Chorale,
    /// Close chords around middle C, without the bass
    Keyboard,
}

/// The rules of a name: one, or both kinds of parallels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named(pub(crate) &'static [Rule]);

fn rule(text: &str) -> Result<Named, String> {
    const ALL: &[Rule] = &Rule::ALL;
    if text == "parallels" {
        return Ok(Named(&[Rule::ParallelFifths, Rule::ParallelOctaves]));
    }
    match ALL.iter().position(|rule| rule.name() == text) {
        Some(n) => Ok(Named(&ALL[n..=n])),
        None => Err(format!("use one of {}, parallels", Rule::ALL.map(Rule::name).join(", "))),
    }
}

/// A notation by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Written {
    /// C:min7/b3
    Harte,
    /// Cm7/Eb
    Symbol,
    /// V65/V
    Roman,
    /// 2-7
    Nashville,
}

impl From<Written> for Notation {
    fn from(written: Written) -> Self {
        match written {
            Written::Harte => Notation::Harte,
            Written::Symbol => Notation::Symbol,
            Written::Roman => Notation::Roman,
            Written::Nashville => Notation::Nashville,
        }
    }
}

fn key(text: &str) -> Result<Key, String> {
    text.parse().map_err(|error: kmidi::music::ParseError| error.message)
}
