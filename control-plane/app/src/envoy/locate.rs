use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

/// Where to look for Envoy, in this order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    /// What the user named; nothing else is tried.
    pub(crate) named: Option<PathBuf>,
    /// Directories as `PATH` lists them.
    pub(crate) path: OsString,
    /// Directories that may hold a `.venv`.
    pub(crate) beside: Vec<PathBuf>,
}

/// Finds the Envoy to run.
pub(crate) fn locate(search: &Search) -> Result<PathBuf> {
    if let Some(named) = &search.named {
        if is_program(named) {
            return Ok(named.clone());
        }
        bail!("{} is not a program; --envoy names the Envoy to run", named.display());
    }
    let on_path = env::split_paths(&search.path).map(|directory| directory.join("envoy"));
    let in_venv = search.beside.iter().map(|directory| directory.join(".venv/bin/envoy"));
    match on_path.chain(in_venv).find(|candidate| is_program(candidate)) {
        Some(found) => Ok(found),
        None => bail!(
            "no Envoy found: `envoy` is not on PATH and there is no .venv/bin/envoy; \
             run `make up`, which installs one, or name yours with --envoy"
        ),
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_path_is_searched_before_the_virtual_environment() {
        let root = tempfile::tempdir().unwrap();
        let (bin, venv) = (root.path().join("bin/envoy"), root.path().join(".venv/bin/envoy"));
        let search = Search {
            named: None,
            path: env::join_paths(["/nowhere".into(), root.path().join("bin")]).unwrap(),
            beside: vec![root.path().to_owned()],
        };
        assert!(locate(&search).unwrap_err().to_string().contains("make up"));
        program(&venv);
        assert_eq!(locate(&search).unwrap(), venv);
        program(&bin);
        assert_eq!(locate(&search).unwrap(), bin);
    }

    #[test]
    fn a_named_envoy_is_the_only_one_tried() {
        let root = tempfile::tempdir().unwrap();
        program(&root.path().join("envoy"));
        let search = Search {
            named: Some("/nowhere/envoy".into()),
            path: root.path().into(),
            beside: Vec::new(),
        };
        let error = locate(&search).unwrap_err().to_string();
        assert_eq!(error, "/nowhere/envoy is not a program; --envoy names the Envoy to run");
    }
}
