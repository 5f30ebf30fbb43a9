//! Gets items.

use axum::{Json, extract::State};
use peerpool_api::{ApiError, Download, Get};

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::{code::Coded as _, get::GetError};

pub(super) async fn get(State(app): State<App>, Json(get): Json<Get>) -> Answer<Download> {
    app.stays().await?;
    Ok(Json(app.getter.get(get).await?))
}

impl From<GetError> for Refusal {
    fn from(error: GetError) -> Self {
        let refused = ApiError::new(error.code(), error.to_string());
        match error {
            GetError::Ask(error) => error.into(),
            GetError::Taken { free, .. } => ApiError { free_name: free, ..refused }.into(),
            _ => refused.into(),
        }
    }
}
