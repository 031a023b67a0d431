//! What the end-to-end tests are made of: a real server, real browsers, native peers.
//!
//! - [`server`]: our signaling server in this process, and the stock one beside it.
//! - [`browser`]: Chromium and Firefox over WebDriver.
//! - [`screen`]: where a page's controls are, and the page at another size.
//! - [`hands`] and [`fingers`]: a pointer, keys and touches.
//! - [`disc`]: what a page tells of its player's disc.
//! - [`tabs`]: a page that is hidden behind another tab.
//! - [`window`]: the native game with its picture.
//! - [`peer`]: a native peer without a picture, the `headless` example of `netplay`.
//! - [`meeting`]: bringing players together.
//! - [`status`] and [`record`]: what peers tell of themselves, and what must hold of it.
//! - [`play`]: watching peers until they have played long enough, and comparing their worlds.
//! - `network` (on Linux): hosts of their own, and a bad network between them.
//! - [`prefix`]: a server below a path.
//! - [`client`]: copies of the web client, to break and to update.
//! - [`process`], [`executable`] and [`place`]: child processes, our programs, and where things
//!   are.
//!
//! Everything waits for conditions with deadlines, and every process ends with the value that
//! stands for it, so a failed test leaves nothing behind.

pub mod browser;
pub mod client;
pub mod disc;
pub mod executable;
pub mod fingers;
pub mod hands;
pub mod meeting;
#[cfg(target_os = "linux")]
pub mod network;
pub mod peer;
pub mod place;
pub mod play;
pub mod prefix;
pub mod process;
pub mod record;
pub mod screen;
pub mod server;
pub mod status;
pub mod tabs;
pub mod window;
