//! Whole files, atomically: after a crash, a full disk or an error the old file stands, or the new one, never half.

use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path`: see [`atomic_with`].
///
/// # Errors
/// As [`atomic_with`].
pub fn atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    atomic_with(path, |file| file.write_all(bytes))
}

/// Writes what `fill` produces to `path`: into a new file in the same folder, flushed to the disk, then renamed over
/// `path`. A symbolic link is followed. A new file gets the usual permissions (0666 less the umask); one that is replaced
/// keeps its own. What is no regular file (a device, a pipe) is written directly.
///
/// # Errors
/// [`Error::Folder`] where `path` is a folder, [`Error::Io`] for all that the system refuses or `fill` reports. On an
/// error nothing is left behind and an older file is untouched.
pub fn atomic_with(
    path: impl AsRef<Path>,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    let found = fs::metadata(path).ok();
    if found.as_ref().is_some_and(fs::Metadata::is_dir) || path.as_os_str().is_empty() {
        return Err(Error::Folder { path: path.to_owned() });
    }
    let failed = |source| Error::Io { path: path.to_owned(), action: "write", source };
    if found.as_ref().is_some_and(|f| f.permissions().readonly()) {
        return Err(failed(io::Error::from(io::ErrorKind::PermissionDenied)));
    }
    if found.as_ref().is_some_and(|f| !f.is_file()) {
        let mut device = File::options().write(true).open(path).map_err(failed)?;
        return fill_and_flush(&mut device, fill).map_err(failed);
    }
    let target = if found.is_some() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kmidi-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // the umask is taken off by the system
    let mut part = builder.tempfile_in(&folder).map_err(failed)?;
    fill_and_flush(part.as_file_mut(), fill).map_err(failed)?;
    if let Some(old) = &found {
        part.as_file().set_permissions(old.permissions()).map_err(failed)?;
    }
    part.as_file().sync_all().map_err(failed)?;
    part.persist(&target).map_err(|e| failed(e.error))?;
    // The new name itself must reach the disk too; some file systems cannot sync a folder, and the data is safe anyway.
    #[cfg(unix)]
    if let Ok(folder) = File::open(&folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn fill_and_flush(
    file: &mut File,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = BufWriter::new(file);
    fill(&mut buffer)?;
    buffer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_a_failure_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.mid");
        atomic(&path, b"first").unwrap();
        atomic(&path, b"second").unwrap();
        let error = atomic_with(&path, |file| {
            file.write_all(&vec![0; 100_000])?;
            Err(io::Error::other("full"))
        });
        assert!(matches!(error, Err(Error::Io { action: "write", .. })), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["song.mid"]);
    }

    #[test]
    fn folders_and_missing_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(atomic(folder.path(), b"x"), Err(Error::Folder { .. })));
        assert!(matches!(atomic("", b"x"), Err(Error::Folder { .. })));
        let missing = atomic(folder.path().join("no/such/song.mid"), b"x").unwrap_err();
        assert!(missing.to_string().contains("song.mid: cannot write: "), "{missing}");
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_name_without_a_folder_is_written_where_the_program_runs() {
        let name = format!("atomic-write-test-{}.tmp", std::process::id());
        atomic(&name, b"here").unwrap();
        let found = fs::read(&name);
        fs::remove_file(&name).unwrap();
        assert_eq!(found.unwrap(), b"here");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_links_and_devices_are_respected() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (plain, ours) = (folder.path().join("plain"), folder.path().join("ours"));
        fs::write(&plain, b"x").unwrap();
        atomic(&ours, b"x").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&ours), mode(&plain), "as any other program's file");
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&ours, &link).unwrap();
        atomic(&link, b"through the link").unwrap();
        assert_eq!((fs::read(&ours).unwrap().as_slice(), mode(&ours)), (&b"through the link"[..], 0o640));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(matches!(atomic(&ours, b"x"), Err(Error::Io { .. })));
        atomic("/dev/null", b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file(), "the device is still one");
    }
}
