//! `peerpool tokens`.

use peerpool_api::{ApiToken, Changed, MadeToken, MakeToken, paths};

use crate::{
    args::{self, TokenAction},
    device,
    exit::Failure,
    output::{self, Output, remark},
};

pub(super) async fn run(out: Output, args: args::Tokens) -> Result<(), Failure> {
    let mut tracker = device::tracker(args.pool.tracker.as_ref()).await?;
    match args.action {
        None => {
            let tokens: Vec<ApiToken> = tracker.get(paths::TOKENS).await?;
            out.show(&tokens, |tokens| output::tokens(tokens))
        }
        Some(TokenAction::Make { name, scope, lasts }) => {
            let wanted = MakeToken { name, scope: scope.into(), seconds: lasts };
            let made: MadeToken = tracker.post(paths::TOKENS, &wanted).await?;
            if !out.json && !out.quiet {
                remark(
                    "it is shown this once; a program sends it over HTTPS as `Authorization: Bearer TOKEN`",
                );
            }
            out.show(&made, |made| made.token.clone())
        }
        Some(TokenAction::End { id }) => {
            let changed: Changed = tracker.delete(&paths::with_name(paths::TOKEN, &id)).await?;
            out.show(&changed, output::changed)
        }
    }
}
