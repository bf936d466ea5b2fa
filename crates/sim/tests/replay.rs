//! A few worlds, always the same: what is found here is found on every machine. `cargo xtask sim` goes on with others.

use sim::{Found, Run, run};

fn told(found: &Found) -> String {
    format!(
        "{}\nseed {}, step {}: {}",
        found.trace.join("\n"),
        found.seed,
        found.step,
        found.what
    )
}

async fn good(seed: u64) -> Run {
    match run(seed).await {
        Ok(run) => run,
        Err(found) => panic!("{}", told(&found)),
    }
}

#[tokio::test]
async fn a_seed_decides_everything_that_happens() {
    let (once, again, other) = (good(1).await, good(1).await, good(2).await);
    assert_eq!((once.steps, &once.digest), (again.steps, &again.digest));
    assert_eq!(once.tally, again.tally);
    assert_ne!(once.digest, other.digest);
}

#[tokio::test]
async fn whatever_interleaves_fails_or_dies_nothing_is_gained_and_nothing_lost() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 100..104 {
        kinds.extend(good(seed).await.tally.into_keys());
    }
    for kind in [
        "approve",
        "redeem",
        "refresh",
        "machine",
        "give back",
        "stop",
        "switch",
        "crash",
        "restart",
        "rotate",
        "clock",
        "held",
    ] {
        assert!(kinds.contains(kind), "no {kind} in any of these worlds");
    }
}
