//! A socket that only processes of the same user reach.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixStream as Probe,
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use crate::BindError;

/// A listening socket; its file is removed when this is dropped.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// The user this process runs as, and the only one served.
    user: u32,
    /// Tells our file from one that another process has put there since.
    inode: u64,
}

impl Socket {
    pub(super) fn bind(path: &Path) -> Result<Self, BindError> {
        let failed = |source| BindError::Listen {
            address: format!("unix:{}", path.display()),
            source,
        };
        close_directory(path.parent().unwrap_or(Path::new(".")), failed)?;
        remove_stale(path, failed)?;
        let listener = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        let file = fs::symlink_metadata(path).map_err(failed)?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            user: file.uid(),
            inode: file.ino(),
        })
    }

    /// The next connection of our own user; others are dropped unanswered.
    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let peer = stream.peer_cred()?.uid();
            if peer == self.user {
                return Ok(stream);
            }
            tracing::warn!(user = peer, "refused a connection of another user");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the socket");
        }
    }
}

/// Creates the directory, or makes sure that the one there is closed to others.
///
/// WHY: between `bind` and `chmod` the socket has the mode that the umask leaves; in a closed directory nobody can use
/// that moment.
fn close_directory(directory: &Path, failed: impl Fn(io::Error) -> BindError) -> Result<(), BindError> {
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(&failed)?;
    let mode = fs::metadata(directory).map_err(&failed)?.mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(BindError::OpenDirectory(directory.to_owned()))
    }
}

/// Removes what a process that died left behind; a socket that somebody listens on stays.
fn remove_stale(path: &Path, failed: impl Fn(io::Error) -> BindError) -> Result<(), BindError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(file) if !file.file_type().is_socket() => return Err(BindError::NotASocket(path.to_owned())),
        Ok(_) => {}
    }
    match Probe::connect(path) {
        Ok(_) => Err(failed(io::ErrorKind::AddrInUse.into())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .unwrap()
    }

    #[tokio::test]
    async fn the_socket_and_its_directory_are_closed_to_others() {
        let parent = directory();
        let path = parent.path().join("run").join("forward.sock");
        let socket = Socket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let parent = directory();
        let path = parent.path().join("forward.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _first = Socket::bind(&path).unwrap();
        let error = Socket::bind(&path).err().unwrap();
        assert!(matches!(error, BindError::Listen { ref source, .. } if source.kind() == io::ErrorKind::AddrInUse));
    }

    #[tokio::test]
    async fn a_file_or_an_open_directory_is_refused() {
        let parent = directory();
        let path = parent.path().join("forward.sock");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(Socket::bind(&path), Err(BindError::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        fs::set_permissions(parent.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Socket::bind(&path), Err(BindError::OpenDirectory(_))));
    }

    #[tokio::test]
    async fn our_own_user_is_served() {
        let parent = directory();
        let path = parent.path().join("forward.sock");
        let socket = Socket::bind(&path).unwrap();
        let (served, _client) = tokio::join!(socket.accept(), UnixStream::connect(&path));
        assert!(served.is_ok());
    }
}
