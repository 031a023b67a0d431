//! Two peers behind NATs of every kind: straight where that is possible, else by a relay, and with
//! `--relay-only` always by a relay.
#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use e2e::network::{
    forbidden,
    nat::{Internet, Nat, Turn},
    pair::{Pair, Wish, meet},
};

/// An internet to play on; nothing, and a printed reason, where that is not permitted.
async fn open(turn: Turn) -> Result<Option<Internet>> {
    let missing = turn.missing().map(str::to_owned);
    if let Some(reason) = forbidden()?.or(missing) {
        eprintln!("SKIPPED: {reason}");
        return Ok(None);
    }
    Internet::open(turn).await.map(Some)
}

/// All pairs of NATs, each once.
async fn every_pair(turn: Turn, wish: Wish) -> Result<()> {
    let Some(mut internet) = open(turn).await? else {
        return Ok(());
    };
    for pair in Pair::all() {
        let met = meet(&mut internet, pair, wish).await?;
        eprintln!("{} and {}: {met}", pair.0.name(), pair.1.name());
        ensure!(met.is_as_expected(pair, wish), "{pair:?}, {wish:?}: {met}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_meet_by_the_embedded_relay_where_they_must() -> Result<()> {
    every_pair(Turn::Embedded, Wish::Any).await
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_meet_by_coturn_where_they_must() -> Result<()> {
    every_pair(Turn::Coturn, Wish::Any).await
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_only_means_no_packet_straight_to_the_other() -> Result<()> {
    every_pair(Turn::Embedded, Wish::RelayOnly).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_wants_only_relays_is_enough() -> Result<()> {
    for turn in [Turn::Embedded, Turn::Coturn] {
        let Some(mut internet) = open(turn).await? else {
            continue;
        };
        let pair = Pair(Nat::FullCone, Nat::FullCone);
        for wish in [Wish::FirstRelayOnly, Wish::RelayOnly] {
            let met = meet(&mut internet, pair, wish).await?;
            eprintln!("{}, {wish:?}: {met}", turn.name());
            ensure!(met.is_as_expected(pair, wish), "{turn:?}, {wish:?}: {met}");
        }
    }
    Ok(())
}
