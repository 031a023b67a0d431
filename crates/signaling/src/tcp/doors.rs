//! The server's listeners, and what runs beside them for as long as they are open.

use super::accept::{AddressLimits, Door, House};
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::{
    Config,
    admission::crowd::Crowd,
    http::routes::{self, App},
    limits::{MAX_OPERATOR_CONNECTIONS, MAX_REFUSALS, SWEEP_INTERVAL},
    server::{Listeners, ServeError},
};
use std::{convert::Infallible, future::pending, sync::Arc};
use tokio::{sync::Semaphore, time::sleep};
use tokio_util::sync::CancellationToken;

/// Where players and operators come in.
#[derive(Debug)]
pub(crate) struct Doors {
    players: Door,
    operators: Option<Door>,
}

impl Doors {
    /// Prepares both. `dropping` ends what does not end by itself when `app` closes.
    pub(crate) async fn open(
        listeners: Listeners,
        config: &Config,
        app: &App,
        dropping: &CancellationToken,
    ) -> Result<Self, ServeError> {
        let house = |places, limits| House {
            places: Arc::new(Semaphore::new(places)),
            refusals: Arc::new(Semaphore::new(MAX_REFUSALS)),
            limits,
            #[cfg(feature = "tls")]
            tls: None,
            request_deadline: config.request_deadline,
            write_deadline: config.write_deadline,
            metrics: Arc::clone(&app.metrics),
            closing: app.closing.clone(),
            dropping: dropping.clone(),
        };
        let limits = AddressLimits {
            proxies: config.proxies.clone(),
            crowd: Crowd::new(config.max_connections_per_address),
            buckets: Arc::clone(&app.buckets),
        };
        let players = house(config.max_connections, Some(limits));
        #[cfg(feature = "tls")]
        let players = House {
            tls: match config.tls.clone() {
                Some(files) => {
                    let metrics = Arc::clone(&app.metrics);
                    Some(Tls::new(files, config.request_deadline, metrics).await?)
                }
                None => None,
            },
            ..players
        };
        Ok(Self {
            players: Door {
                listener: listeners.players,
                house: Arc::new(players),
            },
            operators: listeners.operators.map(|listener| Door {
                listener,
                house: Arc::new(house(MAX_OPERATOR_CONNECTIONS, None)),
            }),
        })
    }

    /// The places of players' connections, all of which are free when the last one has ended.
    pub(crate) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.players.house.places)
    }

    /// Serves whoever comes, for as long as it is polled.
    pub(crate) async fn serve(&self, app: &Arc<App>) -> Infallible {
        let operators = async {
            match &self.operators {
                Some(door) => door.serve(routes::operators(app)).await,
                None => pending().await,
            }
        };
        let sweeping = async {
            loop {
                sleep(SWEEP_INTERVAL).await;
                app.buckets.sweep();
            }
        };
        let certificates = async {
            #[cfg(feature = "tls")]
            if let Some(tls) = &self.players.house.tls {
                tls.watch().await;
            }
            pending().await
        };
        tokio::select! {
            never = self.players.serve(routes::players(app)) => never,
            never = operators => never,
            never = sweeping => never,
            never = certificates => never,
        }
    }
}
