//! Signal processing: the past samples, windowed spectra of them, and bands over a spectrum.
//!
//! Everything is planned in seconds and hertz, so that the answers do not depend on the sample rate.

pub(crate) mod bands;
pub(crate) mod history;
pub(crate) mod resample;
pub(crate) mod semitones;
pub(crate) mod spectrum;
