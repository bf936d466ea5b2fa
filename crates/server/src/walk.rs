//! The two-look loop: the whole concurrency story.

use std::sync::Arc;

use kernel::{Caller, Decision, Moment, Why};
use store::{TenantDb, flows::Look};

use crate::{
    app::App,
    fault::{Fault, Stop},
    settle::{Answered, Settled, settle},
    surroundings::Point,
};

/// Everything a walk needs.
#[derive(Clone, Debug)]
pub(crate) struct Walker {
    pub(crate) app: Arc<App>,
    pub(crate) tenant: TenantDb,
    pub(crate) caller: Arc<Caller>,
    pub(crate) at: Arc<Moment>,
}

impl Walker {
    /// Considers, settles, and looks once more when somebody moved first. In a task of its own: a peer that hangs up cannot stop the second look.
    pub(crate) async fn walk<F, D>(self, consider: F) -> Result<Answered, Stop>
    where
        F: Fn(Walker, Look) -> D + Send + 'static,
        D: Future<Output = Result<Decision, Fault>> + Send,
    {
        let looks = async move {
            for look in [Look::First, Look::Again] {
                self.app.surroundings.reached(Point::Look).await?;
                let mut walker = self.clone();
                if look == Look::Again {
                    walker.tenant = self.app.policies.read_again(walker.tenant).await?;
                }
                let decision = consider(walker, look).await?;
                match settle(&self.app, &self.tenant, &self.caller, decision, &self.at).await? {
                    Settled::Done(answered) => return Ok(*answered),
                    Settled::Lost => {}
                }
            }
            Err(Stop::Refuse(Why::LostTwice))
        };
        tokio::spawn(looks).await.unwrap_or(Err(Stop::Fault(Fault::TaskEnded)))
    }
}
