//! Who may talk to a bot: the sites that may show it, and visitors whom a site vouches for.

mod secrets;
mod sites;
mod token;

pub use secrets::{create, delete, list};
pub use sites::Sites;
pub use token::verify;

use api_types::ErrorCode;
use uuid::Uuid;

use crate::{Result, Services};

/// The directive `frame-ancestors` of a bot's chat page. A bot that is not there or was taken down has nothing to guard.
pub async fn frame_ancestors(services: &Services, bot_id: Uuid) -> Result<String> {
    match services.live_bots.get(&services.db, bot_id).await {
        Ok(bot) => Ok(bot.sites.frame_ancestors()),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::BotOffline) => {
            Ok(Sites::default().frame_ancestors())
        }
        Err(error) => Err(error),
    }
}

pub(crate) use secrets::{Sealed, reseal, sealed};
