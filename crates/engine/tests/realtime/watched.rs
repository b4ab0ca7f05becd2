//! The engine under watch.

use crate::Checks;
use crate::faults::{Fault, NONE, PLANTED};
use crate::input::{Input, KINDS, LONGEST, Sound, kind_of};
use crate::live::Live;
use kmidi_engine::exchange::{self, EXPECTED, Hint, Request};
use kmidi_engine::harmony::context::{Context, Sounding};
use kmidi_engine::harmony::suggest::{Suggester, Wish};
use kmidi_engine::harmony::tension;
use kmidi_engine::harmony::voicing::{Rules, Voicer, Voicing};
use kmidi_engine::{Config, Engine};
use kmidi_music::{Affect, Chord, Key, Mode, PitchClassSet, PitchName, Quality};
use kmidi_watch::{Child, Counted, Gate};

/// The note of a child that counts records of evidence; those before it count events by [`kind_of`].
const EVIDENCE: usize = KINDS.len();

/// Hears `blocks` blocks in a child of its own, with the fault at the middle one, and says what was counted.
fn watch(gate: Gate, sound: &Sound, size: usize, blocks: u64, fault: &Fault) -> Result<Counted, String> {
    kmidi_watch::watch(gate, |child| {
        if let Err(reason) = hear(child, sound, size, blocks, fault) {
            child.give_up(&reason);
        }
    })
}

/// The whole life of a child.
fn hear(child: &Child, sound: &Sound, size: usize, blocks: u64, fault: &Fault) -> Result<(), String> {
    let config = Config { sample_rate: sound.rate, max_block: size };
    let (link, mut desk) = exchange::link();
    let mut engine = Engine::new(config).map_err(|error| error.to_string())?.advised_by(Some(link));
    let mut input = Input::new(sound, size, blocks);
    let mut words = Words::new();
    let mut live = Live::new(sound.rate, size)?;
    let mut spare = Some(vec![7]);
    (fault.prepare)();
    child.arm()?;
    for index in 0..blocks {
        if index == blocks / 2 {
            (fault.act)(&mut spare);
        }
        if index % 64 == 0 {
            std::hint::black_box(words.step(index));
        }
        let output = input.hear(&mut engine, index);
        live.step(index, size, output);
        while let Some(Request { number, root, family, .. }) = desk.request() {
            desk.answer(&Hint { number, chords: [(root, family, 0.3); EXPECTED] });
        }
        for event in output.events.iter() {
            child.note(kind_of(event), 1);
        }
        child.note(EVIDENCE, (output.hops.len() + output.harmony.len()) as u64);
    }
    child.disarm();
    if blocks >= 10_000 && !live.worked() {
        return Err("a live part did nothing".into());
    }
    Ok(())
}

/// What a host may call beside the engine on the audio thread: chords in context, what may follow them, their tension, and
/// voice leading.
struct Words {
    context: Context,
    suggester: Suggester,
    voicer: Voicer,
    /// Of two voices to six.
    leaders: [Voicer; 5],
    chords: [Chord; 4],
    last: Option<(Voicing, Chord)>,
}

impl Words {
    fn new() -> Self {
        let chord = |root, quality| Chord::new(PitchName::from_fifths(root), quality);
        let chords = [
            chord(0, Quality::MAJ),
            chord(2, Quality::MIN7),
            chord(1, Quality::DOM7),
            chord(3, Quality::DIM7),
        ];
        Self {
            context: Context::new(),
            suggester: Suggester::new(),
            voicer: Voicer::new(Rules::chorale(4)),
            leaders: std::array::from_fn(|n| Voicer::new(Rules::chorale(n + 2))),
            chords,
            last: None,
        }
    }

    /// One chord on; says how many notes were led.
    fn step(&mut self, index: u64) -> u64 {
        if index.is_multiple_of(4096) {
            self.context.reset();
            self.suggester.reset();
            self.last = None;
        }
        let chord = self.chords[(index / 64 % 4) as usize];
        let mut set = PitchClassSet::EMPTY;
        for degree in chord.degrees().iter() {
            set = set.with((chord.root + degree.interval()).pitch_class());
        }
        let heard = self.context.hear(Sounding { set, bass: chord.bass.pitch_class(), duration: 0.5 });
        std::hint::black_box(heard.told());
        let key = Key::new(PitchName::C, if index.is_multiple_of(128) { Mode::Major } else { Mode::Minor });
        self.suggester.hear(&chord, key);
        let wish = Wish { affect: Some(Affect::new(-0.5, 0.5, 0.0)), tension: Some(8.0) };
        std::hint::black_box(self.suggester.suggest(key, &wish).len());
        std::hint::black_box(tension::tension(&chord, key, None).total());
        let from = self.last.as_ref().map(|(voicing, chord)| (voicing.notes(), chord));
        let voiced = self.voicer.step(from, &chord).ok();
        // A whole row of chords is for a worker, but takes no memory either.
        if index.is_multiple_of(2048) {
            let leader = &mut self.leaders[(index / 2048 % 5) as usize];
            let chords = if leader.rules().voices < 5 { &self.chords[..] } else { &self.chords[..2] };
            let led = leader.lead(chords, |voicing| _ = std::hint::black_box(voicing.notes().len()));
            std::hint::black_box(led.is_ok());
        }
        self.last = voiced.map(|voicing| (voicing, chord));
        voiced.map_or(0, |voicing| voicing.notes().len() as u64)
    }
}

/// Runs the planted faults under every gate, then the proof under the first.
pub(crate) fn run(checks: &mut Checks) {
    let sound = Sound::new(48_000);
    let gates = kmidi_watch::gates();
    let result = if gates.is_empty() {
        Err("not proven: system calls can be stopped neither by seccomp nor by ptrace".into())
    } else {
        Ok(format!("{gates:?}"))
    };
    checks.line("system calls can be stopped", result);
    for &gate in &gates {
        for fault in &PLANTED {
            let result = watch(gate, &sound, 64, 200, fault).and_then(|outcome| caught(fault, &outcome));
            checks.line(&format!("planted under {gate:?}, {}", fault.name), result);
        }
    }
    if let Some(&gate) = gates.first() {
        for rate in [44_100, 48_000, 88_200, 96_000, 192_000] {
            let sound = Sound::new(rate);
            // The two rates in between differ in nothing but the length of their windows.
            let sizes = if matches!(rate, 88_200 | 192_000) {
                &[512, LONGEST][..]
            } else {
                &[1, 17, 64, 512, LONGEST]
            };
            for &size in sizes {
                let begun = std::time::Instant::now();
                let blocks = blocks(size);
                let result = watch(gate, &sound, size, blocks, &NONE).and_then(|o| proven(size, blocks, &o));
                let seconds = begun.elapsed().as_secs_f64();
                let result = result.map(|what| format!("{what}, {seconds:.1} s"));
                checks.line(&format!("{rate} Hz, blocks of {size}"), result);
            }
        }
    }
}

/// More of the short blocks, or the engine would hear next to nothing.
fn blocks(size: usize) -> u64 {
    match size {
        ..64 => 200_000,
        // Ten minutes at 48 kHz.
        512 => 56_250,
        _ => 10_000,
    }
}

/// A fault must be reported as what it is, and as nothing else. How often does not matter: a wait is asked for again.
fn caught(fault: &Fault, outcome: &Counted) -> Result<String, String> {
    let mut expected = [false; 5];
    fault.kinds.iter().for_each(|&kind| expected[kind as usize] = true);
    let as_itself = outcome.counts.map(|count| count > 0) == expected
        && outcome.last_call == fault.call.map_or(0, |number| number as u64);
    if as_itself { Ok("caught".into()) } else { Err(format!("not caught as what it is: {outcome:?}")) }
}

fn proven(size: usize, blocks: u64, outcome: &Counted) -> Result<String, String> {
    if !outcome.is_clean() {
        return Err(format!("[allocations, frees, locks, clocks, system calls]: {outcome:?}"));
    }
    // Long blocks bring minutes of music: there every decision of the engine is made under watch.
    let missing = KINDS.iter().zip(outcome.notes).find(|(_, count)| size >= 512 && *count == 0);
    if let Some((kind, _)) = missing {
        return Err(format!("not proven: no {kind} was found under watch; {outcome:?}"));
    }
    if outcome.notes[EVIDENCE] == 0 {
        return Err("not proven: the engine said nothing".into());
    }
    Ok(format!("{blocks} blocks, {} events, nothing counted", outcome.notes[..EVIDENCE].iter().sum::<u64>()))
}
