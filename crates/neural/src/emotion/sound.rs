//! What sound feels like: a network over mel frames ([`kmidi_engine::mel`]), one a step.
//!
//! It was taught to tell what is played (how many notes begin, how loud, how high, how long they are, which pitch classes sound); the cues of
//! [`kmidi_engine::emotion`] are sums over that, and the same fixed map makes valence and arousal of them. No rating of music went into the weights that
//! ship. Those of `emotion-sound-nc` have an output more, the quadrant, learned from people's labels.

use super::{EMBEDDING, Felt};
use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};
use kmidi_engine::emotion::{Cues, quadrants};
use kmidi_engine::mel::{BANDS, HOP, RATE};
use kmidi_music::Affect;

/// What the network tells of a frame: notes that begin, the sums of their velocities and of their MIDI note numbers over 64, notes that are held, how much of
/// each pitch class there is (the square root of a note's duration, spread over it).
const HEARD: usize = 16;
/// What velocities and note numbers are divided by.
const UNIT: f64 = 64.0;
/// Frames after the first sound before anything is said: three seconds.
const LEAST: u32 = 32;
/// Notes that must have been heard.
const NOTES: f64 = 2.0;

/// The EmotionRecognizer for sound.
#[derive(Debug)]
pub struct Sound {
    graph: Graph,
    frame: Port,
    heard: Port,
    embedding: Port,
    quadrant: Option<Port>,
    /// Frames since something sounded first.
    frames: u32,
    /// Sums over frames of what is told.
    sums: [f64; HEARD],
    embeddings: [f64; EMBEDDING],
}

impl Sound {
    /// Reads the network.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for what cannot be read, and for a network with other ports or shapes.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            frame: input(&graph, "frame", BANDS)?,
            heard: output(&graph, "heard", HEARD)?,
            embedding: output(&graph, "embedding", EMBEDDING)?,
            quadrant: graph.output("quadrant").map(|_| output(&graph, "quadrant", 4)).transpose()?,
            graph,
            frames: 0,
            sums: [0.0; HEARD],
            embeddings: [0.0; EMBEDDING],
        })
    }

    /// Whether the quadrant was learned from labels; else it is where the cues point.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.quadrant.is_some()
    }

    /// Hears a frame. Silence before the first sound is passed over.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    pub fn hear(&mut self, mel: &[u8; BANDS]) {
        if self.frames == 0 && mel.iter().all(|&byte| byte == 0) {
            return;
        }
        let slots = self.graph.set(self.frame);
        slots.iter_mut().zip(mel).for_each(|(slot, &byte)| *slot = f32::from(byte) / 255.0);
        self.graph.run();
        self.frames += 1;
        let embedding = self.graph.get(self.embedding);
        self.embeddings.iter_mut().zip(embedding).for_each(|(sum, &number)| *sum += f64::from(number));
        let heard = self.graph.get(self.heard);
        self.sums.iter_mut().zip(heard).for_each(|(sum, &more)| *sum += f64::from(more));
    }

    /// The cues of all that was heard; `None` before three seconds, and where no notes are.
    #[must_use]
    pub fn cues(&self) -> Option<Cues> {
        let frame = HOP as f64 / f64::from(RATE);
        let [notes, velocity, pitch, held, ..] = self.sums;
        let mean = |sum: f64| (sum / notes) as f32;
        let known = self.frames >= LEAST && notes >= NOTES;
        known.then(|| {
            let rate = notes / (f64::from(self.frames) * frame);
            let classes = core::array::from_fn(|class| self.sums[4 + class] as f32);
            Cues::of_means(
                rate as f32,
                mean(UNIT * velocity),
                mean(held * frame),
                mean(UNIT * pitch),
                &classes,
            )
        })
    }

    /// What all that was heard feels like; `None` as for [`cues`](Self::cues).
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    #[must_use]
    pub fn feel(&self) -> Option<Felt> {
        let cues = self.cues()?;
        let embedding = self.embeddings.map(|sum| (sum / f64::from(self.frames)) as f32);
        let Some(port) = self.quadrant else {
            let affect = cues.affect();
            return Some(Felt { quadrants: quadrants(affect), affect, embedding });
        };
        let mut shares = [0.0; 4];
        shares.copy_from_slice(self.graph.get(port));
        let [one, two, three, four] = shares;
        let affect = Affect::new(one + four - two - three, one + two - three - four, 0.0);
        Some(Felt { quadrants: shares, affect, embedding })
    }

    /// Forgets all sound.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing.
    pub fn reset(&mut self) {
        self.graph.reset();
        self.frames = 0;
        (self.sums, self.embeddings) = ([0.0; HEARD], [0.0; EMBEDDING]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;
    use kmidi_engine::mel::MelFrames;
    use kmidi_kernels::precise;

    /// A frame in which bands of these numbers sound.
    fn frame(bands: &[usize], byte: u8) -> [u8; BANDS] {
        core::array::from_fn(|band| if bands.contains(&band) { byte } else { 0 })
    }

    fn model() -> Sound {
        Sound::new(shipped("emotion-sound").unwrap()).unwrap()
    }

    #[test]
    fn it_waits_for_sound_and_for_three_seconds_of_it() {
        let mut sound = model();
        (0..100).for_each(|_| sound.hear(&[0; BANDS]));
        assert_eq!(sound.feel(), None);
        let strike = |n: u32| frame(&[18, 24, 31, 40, 52], if n.is_multiple_of(3) { 210 } else { 130 });
        (0..LEAST - 1).for_each(|n| sound.hear(&strike(n)));
        assert_eq!(sound.feel(), None);
        sound.hear(&strike(0));
        let felt = sound.feel().unwrap();
        assert!((kmidi_kernels::math::sum(&felt.quadrants) - 1.0).abs() < 1e-5 && !sound.is_learned());
        assert!(felt.embedding.iter().all(|number| number.abs() <= 1.0));
        sound.reset();
        assert_eq!(sound.feel(), None);
        (0..LEAST).for_each(|n| sound.hear(&strike(if n + 1 == LEAST { 0 } else { n })));
        assert_eq!(sound.feel(), Some(felt), "a reset forgets everything");
    }

    /// The cues of major triads of harmonic tones, struck `rate` times a second for twelve seconds.
    fn struck(rate: f64, level: f64) -> Cues {
        let (mut sound, mut mel) = (model(), MelFrames::new(RATE).unwrap());
        for n in 0..12 * RATE {
            let time = f64::from(n) / f64::from(RATE);
            let since = (time * rate).fract() / rate;
            let partial = |semitones: f64, k: f64| {
                let hertz = 261.6 * precise::exp(semitones / 12.0 * core::f64::consts::LN_2) * k;
                precise::sin(core::f64::consts::TAU * hertz * time) * precise::exp(-3.0 * k * since) / k / k
            };
            let tone = |by: f64| [1.0, 2.0, 3.0, 4.0, 5.0].iter().map(|&k| partial(by, k)).sum::<f64>();
            let sample = level * [-12.0, 0.0, 4.0, 7.0].iter().map(|&by| tone(by)).sum::<f64>();
            mel.push(sample, |frame| sound.hear(frame));
        }
        sound.cues().unwrap()
    }

    #[test]
    fn more_strokes_are_more_notes_and_louder_ones_are_louder() {
        let (slow, fast) = (struck(1.0, 0.03), struck(4.0, 0.03));
        assert!(fast.density > slow.density + 1.0, "{fast:?} {slow:?}");
        let (soft, loud) = (struck(2.0, 0.01), struck(2.0, 0.1));
        assert!(loud.loudness > soft.loudness + 1.0, "{loud:?} {soft:?}");
        assert!(fast.mode > 0.0 && loud.mode > 0.0, "major: {fast:?} {loud:?}");
        assert!(Sound::new(b"no network").is_err());
        assert!(Sound::new(shipped("melody").unwrap()).unwrap_err().to_string().contains("frame"));
    }
}
