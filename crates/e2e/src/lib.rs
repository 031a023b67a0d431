//! What the end-to-end tests are made of: a real server, real browsers, native peers.
//!
//! - [`server`]: our signaling server in this process, and the stock one beside it.
//! - [`browser`]: Chromium and Firefox over WebDriver.
//! - [`tabs`]: a page that is hidden behind another tab.
//! - [`peer`]: a native peer without a picture, the `headless` example of `netplay`.
//! - [`window`]: the native game with its picture.
//! - [`meeting`]: bringing players together.
//! - [`status`]: what peers tell of themselves.
//! - [`play`]: watching peers until they have played long enough, and comparing their worlds.
//! - [`process`] and [`place`]: child processes, and where things are.
//!
//! Everything waits for conditions with deadlines, and every process ends with the value that
//! stands for it, so a failed test leaves nothing behind.

pub mod browser;
pub mod meeting;
pub mod peer;
pub mod place;
pub mod play;
pub mod process;
pub mod server;
pub mod status;
pub mod tabs;
pub mod window;
