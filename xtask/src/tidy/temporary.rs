//! Small trees on disk, each with a broken rule.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Report, tree::Tree};

/// A folder that ends with this value.
pub struct Temporary(PathBuf);

impl Temporary {
    /// A folder of these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("xtask-{}-{count}", process::id()));
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `check` finds in a tree of these files.
pub fn report(files: &[(&str, &str)], check: impl FnOnce(&Tree, &mut Report)) -> Report {
    let folder = Temporary::new(files);
    let tree = Tree::read(folder.path()).unwrap();
    let mut report = Report::default();
    check(&tree, &mut report);
    report
}
