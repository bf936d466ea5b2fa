//! `cargo xtask sim`: worlds from seeds, for so long; or one world again.
#![forbid(unsafe_code)]

use std::{collections::BTreeMap, process::ExitCode};

use sim::{Found, STEPS, run};

/// How much of what happened before is shown.
const SHOWN: usize = 80;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(first), Some(worlds)) = (
        arguments.next().and_then(|seed| seed.parse::<u64>().ok()),
        arguments.next().and_then(|worlds| worlds.parse::<u64>().ok()),
    ) else {
        eprintln!("sim SEED WORLDS: runs that many worlds of {STEPS} steps each, from this seed on");
        return ExitCode::from(2);
    };
    let mut tally: BTreeMap<&'static str, u64> = BTreeMap::new();
    let (mut passed, mut failed) = (0, 0);
    for seed in first..first.saturating_add(worlds) {
        match run(seed).await {
            Ok(run) => {
                println!("seed {seed}: {} steps, {}", run.steps, run.digest);
                passed += 1;
                for (kind, count) in run.tally {
                    *tally.entry(kind).or_default() += count;
                }
            }
            Err(found) => {
                tell(&found);
                failed += 1;
                break;
            }
        }
    }
    let counts: Vec<String> = tally.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    println!("what happened: {}", counts.join(", "));
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(found: &Found) {
    let before = found.trace.len().saturating_sub(SHOWN);
    for line in found.trace.iter().skip(before) {
        println!("  {line}");
    }
    println!("seed {}, step {}: {}", found.seed, found.step, found.what);
    println!("once more: cargo xtask sim {}", found.seed);
}
