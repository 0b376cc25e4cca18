//! On whose behalf, in which workspace, with which role.

use std::net::IpAddr;

use api_types::tenancy::Role;
use uuid::Uuid;

use crate::{Error, Result};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in member.
    User(Uuid),
    /// A program with a workspace API key.
    ApiKey(Uuid),
    /// Somebody on a site where the bot is embedded.
    Visitor,
    /// A job.
    Worker,
    /// Whoever runs the server, with a command.
    Operator,
}

/// Where a request came from; nothing of a job or a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, told by trusted proxies where there are any.
    pub address: Option<IpAddr>,
    /// The request's id in the log.
    pub request_id: Option<Uuid>,
}

/// The right to act in one workspace. Built only where membership, key or bot was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    actor: Actor,
    workspace_id: Uuid,
    role: Role,
    origin: Origin,
}

impl Scope {
    pub(crate) const fn new(actor: Actor, workspace_id: Uuid, role: Role) -> Self {
        Self {
            actor,
            workspace_id,
            role,
            origin: Origin {
                address: None,
                request_id: None,
            },
        }
    }

    /// The scope of a job; `workspace_id` comes from the job, which was enqueued under that tenant's scope.
    pub const fn worker(workspace_id: Uuid) -> Self {
        Self::new(Actor::Worker, workspace_id, Role::Editor)
    }

    /// The scope of a command that the operator of the server runs over a workspace.
    pub const fn operator(workspace_id: Uuid) -> Self {
        Self::new(Actor::Operator, workspace_id, Role::Owner)
    }

    /// The same right, as a request from `origin` has it. Only the extractors know.
    #[must_use]
    pub const fn from_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Where the request came from.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Who acts.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The person, if a person acts.
    pub const fn user_id(&self) -> Option<Uuid> {
        match self.actor {
            Actor::User(id) => Some(id),
            _ => None,
        }
    }

    /// The tenant.
    pub const fn workspace_id(&self) -> Uuid {
        self.workspace_id
    }

    /// The role in that workspace.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Refuses anyone below `role`.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        let detail = format!(
            "This needs the role {} in this workspace; yours is {}.",
            role.as_str(),
            self.role.as_str()
        );
        Err(Error::refused(api_types::ErrorCode::Forbidden, detail))
    }
}
