//! A coordinator of either kind, for whoever only starts and stops it.

use super::Standby;
use crate::{
    clock::Clock,
    server::{Config, Coordinator, EndError, MetricsError, PageError, StartError},
};
use std::{net::SocketAddr, sync::Arc};

/// One that has its store, or one that may have to wait for it.
pub enum Served {
    /// It has its store from the start to the end.
    Alone(Coordinator),
    /// It waits while another one has it.
    Standby(Standby),
}

impl Served {
    /// Starts one; `standby` says of which kind.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn start(config: Config, clock: Arc<dyn Clock>, standby: bool) -> Result<Self, StartError> {
        match standby {
            false => Coordinator::start(config, clock).await.map(Self::Alone),
            true => Standby::start(config, clock).await.map(Self::Standby),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Alone(alone) => alone.address(),
            Self::Standby(standby) => standby.address(),
        }
    }

    /// Serves the page for browsers too.
    ///
    /// # Errors
    /// [`PageError`], each with what to do.
    pub async fn serve_page(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        match self {
            Self::Alone(alone) => alone.serve_page(address).await,
            Self::Standby(standby) => standby.serve_page(address).await,
        }
    }

    /// Serves the page, and `/metrics` beside it.
    ///
    /// # Errors
    /// [`PageError`], each with what to do.
    pub async fn serve_page_and_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        match self {
            Self::Alone(alone) => alone.serve_page_and_metrics(address).await,
            Self::Standby(standby) => standby.serve_page_and_metrics(address).await,
        }
    }

    /// Serves `/metrics` alone.
    ///
    /// # Errors
    /// [`MetricsError`]; it goes on without.
    pub async fn serve_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, MetricsError> {
        match self {
            Self::Alone(alone) => alone.serve_metrics(address).await,
            Self::Standby(standby) => standby.serve_metrics(address).await,
        }
    }

    /// Ends when it can't go on although nobody stopped it.
    pub async fn broken(&mut self) -> EndError {
        match self {
            Self::Alone(alone) => alone.broken().await,
            Self::Standby(standby) => standby.broken().await,
        }
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// [`EndError`] where something could not be ended in order.
    pub async fn stop(self) -> Result<(), EndError> {
        match self {
            Self::Alone(alone) => alone.stop().await,
            Self::Standby(standby) => standby.stop().await,
        }
    }
}
