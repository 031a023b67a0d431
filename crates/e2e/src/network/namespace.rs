//! A network namespace without a name: the system removes it when nobody uses it any more, even
//! when the test is killed.

use std::{fs::File, io, os::fd::AsRawFd, panic, path::PathBuf, process, thread};

use nix::sched::{CloneFlags, setns, unshare};
use tokio::runtime::Handle;

/// A network of its own, with nothing in it but a loopback device that is down.
pub struct Namespace(File);

impl Namespace {
    /// Makes one.
    ///
    /// # Errors
    /// When the system does not permit it.
    pub fn new() -> io::Result<Self> {
        // A thread has its namespace to itself, and the file keeps it when the thread has ended.
        joined(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net").map(Self)
        })
    }

    /// Does `work` on a thread in the namespace. Processes that it starts live there; sockets and
    /// devices that it opens belong there for good.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        // Starting a process with tokio needs its runtime.
        let runtime = Handle::try_current().ok();
        joined(|| {
            let _entered = runtime.as_ref().map(Handle::enter);
            setns(&self.0, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        })
    }

    /// Where other processes find it, as long as this value lives.
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", process::id(), self.0.as_raw_fd()).into()
    }
}

/// Does `work` on a thread of its own; a panic in it goes on here.
fn joined<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|panic| panic::resume_unwind(panic))
}
