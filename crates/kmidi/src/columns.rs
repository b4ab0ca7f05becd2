//! Columns of numbers as `.npy` files, which training reads.

use crate::Result;
use kmidi_studio::eval::{Column, Columns};
use std::io::Write;
use std::path::Path;

/// Writes each column as `NAME.npy` (format 1.0 of NumPy: little-endian `f32`, rows by width) into `folder`, which is made where it is
/// missing.
///
/// # Errors
///
/// A file that cannot be written.
pub fn save_columns(columns: &Columns, folder: impl AsRef<Path>) -> Result<()> {
    let folder = folder.as_ref();
    std::fs::create_dir_all(folder).map_err(|source| kmidi_io::Error::Io {
        path: folder.to_owned(),
        action: "create",
        source,
    })?;
    for column in columns.columns() {
        let path = folder.join(column.name).with_extension("npy");
        kmidi_io::write::atomic_with(&path, |file| {
            file.write_all(&head(column))?;
            column.values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
        })?;
    }
    Ok(())
}

/// Magic number, version, length, and the description padded so that the numbers start at a multiple of 64 bytes.
fn head(column: &Column) -> Vec<u8> {
    let rows = column.values.len() / column.width.max(1);
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {}), }}", column.width);
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut head = b"\x93NUMPY\x01\x00".to_vec();
    head.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    head.extend_from_slice(format!("{text:<at$}\n", at = length - 1).as_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_numpy_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut columns = Columns::new(&[("x", 2)]);
        columns.push(&[&[1.0, -2.5]]);
        save_columns(&columns, folder.path().join("new")).unwrap();
        let bytes = std::fs::read(folder.path().join("new/x.npy")).unwrap();
        assert_eq!(bytes.len(), 128 + 8);
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert!(bytes[10..].starts_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"));
        assert_eq!((bytes[127], &bytes[132..]), (b'\n', &(-2.5_f32).to_le_bytes()[..]));
    }
}
