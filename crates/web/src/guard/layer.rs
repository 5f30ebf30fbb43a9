//! The guard as a layer of a router.

use std::net::SocketAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Guard, Refused};

/// Our own end of the connection that a request came over. Whoever serves the connection puts it into the request's
/// extensions; without it every request is refused.
#[derive(Debug, Clone, Copy)]
pub struct LocalAddress(pub SocketAddr);

/// Lets through what [`Guard::check`] does.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match local(&request).and_then(|local| guard.check(&request, local)) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

/// Lets through what [`Guard::check_program`] does.
pub async fn guard_programs(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match local(&request).and_then(|local| guard.check_program(&request, local)) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

fn local(request: &Request) -> Result<SocketAddr, Refused> {
    request.extensions().get().map(|LocalAddress(local)| *local).ok_or(Refused::NoHost)
}
