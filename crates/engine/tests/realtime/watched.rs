//! The engine under watch.

use crate::Checks;
use crate::count::{self, Report};
use crate::faults::{Fault, NONE, PLANTED};
use crate::gate::{self, Gate};
use crate::input::{Input, KINDS, LONGEST, Sound, kind_of};
use crate::live::Live;
use kmidi_engine::harmony::context::{Context, Sounding};
use kmidi_engine::harmony::suggest::{Suggester, Wish};
use kmidi_engine::harmony::tension;
use kmidi_engine::harmony::voicing::{Rules, Voicer, Voicing};
use kmidi_engine::{Config, Engine};
use kmidi_music::{Affect, Chord, Key, Mode, PitchClassSet, PitchName, Quality};
use std::sync::atomic::Ordering::Relaxed;

/// What was counted while one child ran.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    /// By [`count::Kind`].
    counts: [u64; 5],
    last_call: u64,
    events: [u64; 6],
    evidence: u64,
}

/// Hears `blocks` blocks in a child of its own, with the fault at the middle one, and says what was counted.
fn watch(gate: Gate, sound: &Sound, size: usize, blocks: u64, fault: &Fault) -> Result<Outcome, String> {
    let report = shared_report()?;
    let result = gate::child(gate, report, || run_in_child(gate, report, sound, size, blocks, fault));
    let message: Vec<u8> =
        report.message.iter().map(|byte| byte.load(Relaxed)).take_while(|&byte| byte != 0).collect();
    let outcome = Outcome {
        counts: report.counts.each_ref().map(|count| count.load(Relaxed)),
        last_call: report.last_call.load(Relaxed),
        events: report.events.each_ref().map(|count| count.load(Relaxed)),
        evidence: report.evidence.load(Relaxed),
    };
    if !message.is_empty() {
        return Err(format!("{}; {outcome:?}", String::from_utf8_lossy(&message)));
    }
    result.map_err(|reason| format!("{reason}; {outcome:?}"))?;
    if !report.ended.load(Relaxed) || report.caught_unarmed.load(Relaxed) != 2 {
        return Err(format!("the gate was not closed before and after; {outcome:?}"));
    }
    Ok(outcome)
}

fn shared_report() -> Result<&'static Report, String> {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: a fresh anonymous mapping.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<Report>(), access, kind, -1, 0) };
    if memory == libc::MAP_FAILED {
        return Err("no shared memory".into());
    }
    // SAFETY: the mapping is large enough, aligned to a page, never unmapped, and all zeros is a valid `Report`.
    Ok(unsafe { &*memory.cast::<Report>() })
}

/// The whole life of a child.
fn run_in_child(gate: Gate, report: &'static Report, sound: &Sound, size: usize, blocks: u64, fault: &Fault) {
    std::panic::set_hook(Box::new(|panic| {
        report.armed.store(false, Relaxed);
        report.tell(&format!("panicked: {panic}"));
        gate::exit(1);
    }));
    let give_up = |reason: String| -> ! {
        report.tell(&reason);
        gate::exit(1)
    };
    count::count_into(report);
    let mut engine = match Engine::new(Config { sample_rate: sound.rate, max_block: size }) {
        Ok(engine) => engine,
        Err(error) => give_up(error.to_string()),
    };
    let mut input = Input::new(sound, size, blocks);
    let mut words = Words::new();
    let mut live = match Live::new(sound.rate, size) {
        Ok(live) => live,
        Err(error) => give_up(error),
    };
    let mut spare = Some(vec![7]);
    if let Err(name) = count::find_originals() {
        give_up(format!("this C library has no {name}"));
    }
    (fault.prepare)();
    if let Err(reason) = gate::close(gate) {
        give_up(reason.into());
    }
    gate::call_kernel_directly();
    report.armed.store(true, Relaxed);
    for index in 0..blocks {
        if index == blocks / 2 {
            (fault.act)(&mut spare);
        }
        if index % 64 == 0 {
            std::hint::black_box(words.step(index));
        }
        let output = input.hear(&mut engine, index);
        live.step(index, size, output);
        for event in output.events.iter() {
            report.events[kind_of(event)].fetch_add(1, Relaxed);
        }
        report.evidence.fetch_add((output.hops.len() + output.harmony.len()) as u64, Relaxed);
    }
    report.armed.store(false, Relaxed);
    gate::call_kernel_directly();
    if blocks >= 10_000 && !live.worked() {
        give_up("a live part did nothing".into());
    }
    report.ended.store(true, Relaxed);
    gate::exit(0)
}

/// What a host may call beside the engine on the audio thread: chords in context, what may follow them, their tension, and
/// voice leading.
struct Words {
    context: Context,
    suggester: Suggester,
    voicer: Voicer,
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
        std::hint::black_box(heard.key());
        let key = Key::new(PitchName::C, if index.is_multiple_of(128) { Mode::Major } else { Mode::Minor });
        self.suggester.hear(&chord, key);
        let wish = Wish { affect: Some(Affect::new(-0.5, 0.5, 0.0)), tension: Some(8.0) };
        std::hint::black_box(self.suggester.suggest(key, &wish).len());
        std::hint::black_box(tension::tension(&chord, key, None).total());
        let from = self.last.as_ref().map(|(voicing, chord)| (voicing.notes(), chord));
        let voiced = self.voicer.step(from, &chord).ok();
        self.last = voiced.map(|voicing| (voicing, chord));
        voiced.map_or(0, |voicing| voicing.notes().len() as u64)
    }
}

/// The gates that this machine has: a short run without a fault comes to its end, and the calls made to try the gate
/// are caught.
fn gates(sound: &Sound, checks: &mut Checks) -> Vec<Gate> {
    let works = |gate: &Gate| match watch(*gate, sound, 64, 10, &NONE) {
        Ok(_) => true,
        Err(reason) => {
            println!("        no {gate:?}: {reason}");
            false
        }
    };
    let gates: Vec<Gate> = [Gate::Seccomp, Gate::Ptrace].into_iter().filter(works).collect();
    let result = if gates.is_empty() {
        Err("not proven: system calls can be stopped neither by seccomp nor by ptrace".into())
    } else {
        Ok(format!("{gates:?}"))
    };
    checks.line("system calls can be stopped", result);
    gates
}

/// Runs the planted faults under every gate, then the proof under the first.
pub(crate) fn run(checks: &mut Checks) {
    let sound = Sound::new(48_000);
    let gates = gates(&sound, checks);
    for &gate in &gates {
        for fault in &PLANTED {
            let result = watch(gate, &sound, 64, 200, fault).and_then(|outcome| caught(fault, &outcome));
            checks.line(&format!("planted under {gate:?}, {}", fault.name), result);
        }
    }
    if let Some(&gate) = gates.first() {
        for rate in [44_100, 48_000, 96_000] {
            let sound = Sound::new(rate);
            for size in [1, 17, 64, 512, LONGEST] {
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
    if size < 64 { 200_000 } else { 10_000 }
}

/// A fault must be reported as what it is, and as nothing else. How often does not matter: a wait is asked for again.
fn caught(fault: &Fault, outcome: &Outcome) -> Result<String, String> {
    let mut expected = [false; 5];
    fault.kinds.iter().for_each(|&kind| expected[kind as usize] = true);
    let as_itself = outcome.counts.map(|count| count > 0) == expected
        && outcome.last_call == fault.call.map_or(0, |number| number as u64);
    if as_itself { Ok("caught".into()) } else { Err(format!("not caught as what it is: {outcome:?}")) }
}

fn proven(size: usize, blocks: u64, outcome: &Outcome) -> Result<String, String> {
    if outcome.counts != [0; 5] {
        return Err(format!("[allocations, frees, locks, clocks, system calls]: {outcome:?}"));
    }
    // Long blocks bring minutes of music: there every decision of the engine is made under watch.
    let missing = KINDS.iter().zip(outcome.events).find(|(_, count)| size >= 512 && *count == 0);
    if let Some((kind, _)) = missing {
        return Err(format!("not proven: no {kind} was found under watch; {outcome:?}"));
    }
    if outcome.evidence == 0 {
        return Err("not proven: the engine said nothing".into());
    }
    Ok(format!("{blocks} blocks, {} events, nothing counted", outcome.events.iter().sum::<u64>()))
}
