//! The facade: files in, plain values out.
