//! Measures matches of headless peers over a bad network of their own, and prints a row of a
//! Markdown table for each. Only on Linux, and for root.
//!
//! `cargo xtask network --rtt 100 --jitter 20 --loss 5 --seconds 60 --peers 2,4,8`
//!
//! With `--nat` it lets two peers meet behind NATs of every kind instead, and prints how they did:
//! `cargo xtask network -- --nat embedded,coturn`

#[cfg(target_os = "linux")]
mod matrix;
#[cfg(target_os = "linux")]
mod measure;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use clap::Parser;

    measure::Args::parse().measure(&mut std::io::stdout()).await
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("network namespaces are Linux's")
}
