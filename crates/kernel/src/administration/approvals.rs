//! Approvals.

use super::{describe, rules::Facts};
use crate::{
    approval,
    caller::Caller,
    decision::{Change, Decision, Reply},
    moment::Moment,
    why::Why,
};

/// Ends an approval that waits, or that nobody has fetched; with it what it gave. Twice is as once; one that is over in another way stays as it is, and that is said.
pub(super) fn cancel(caller: &Caller, facts: &Facts, at: &Moment) -> Result<Decision, Why> {
    let old = facts.approval.as_ref().ok_or(Why::Absent("approval"))?;
    if matches!(old.state, approval::State::Cancelled { .. }) {
        let document = describe::approval(old, at.now);
        return Ok(Decision::issue(
            Reply::Document(document),
            Vec::new(),
            Change::default(),
        ));
    }
    let change = approval::cancelled(old, caller, at).ok_or(Why::Exists("answer"))?;
    let ended = old.clone().cancel(at.now).map_err(|_| Why::Exists("answer"))?;
    let document = describe::approval(&ended, at.now);
    Ok(Decision::issue(Reply::Document(document), Vec::new(), change))
}
