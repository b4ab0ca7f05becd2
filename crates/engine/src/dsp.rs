//! Signal processing: the past samples, windowed spectra of them, and bands over a spectrum.
//!
//! All of it works at one sample rate, to which others are brought ([`stream`]), so that the answers do not depend on it.

pub(crate) mod bands;
pub(crate) mod history;
pub(crate) mod resample;
pub(crate) mod semitones;
pub(crate) mod spectrum;
pub(crate) mod stream;
