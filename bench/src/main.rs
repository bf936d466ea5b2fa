//! Load and figures: what a request costs, beside what it cannot avoid and beside a peer, measured by one generator in one run.
//!
//! `cargo xtask bench` lists the benchmarks. CPU time of the server process comes first: on a shared machine it is the steady figure.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "times and counts of a load run are far from any limit"
)]
#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]

mod browser;
mod clock;
mod decide;
mod floor;
mod generator;
mod load;
mod peer;
mod people;
mod process;
mod prokura;
mod report;
mod spend;
mod token;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!(
                "token [--seconds N] [--connections N] [--postgres URL] [--no-peer] [--only WORDS]\n    CPU microseconds, rate and latency of the token endpoint: secret, and private_key_jwt + DPoP; beside the floor and a peer\npeople [--seconds N] [--browsers N] [--postgres URL]\n    CPU microseconds and rate from the authorization request to the tokens, of refreshing and of signing in, and what sign-ins do to tokens\ndecide [--questions N] [--seconds N] [--connections N] [--in-process]\n    a question to policies, at 100, 1,000 and 10,000 policies: microseconds in process, beside Cedar itself, sliced and unsliced; then over HTTP, and uses of a limited power, with up to 1,000,000 grants\nspend [--seconds N] [--clients N] [--postgres URL]\n    units a second that clients take from one budget, one by one and in blocks; with PostgreSQL on two nodes too, beside the naive row update"
            );
            Ok(())
        }
        ["token", rest @ ..] => token::run(&token::Options::parse(rest)?),
        ["people", rest @ ..] => people::run(&people::Options::parse(rest)?),
        ["decide", rest @ ..] => decide::run(&decide::Options::parse(rest)?),
        ["spend", rest @ ..] => spend::run(&spend::Options::parse(rest)?),
        ["floor-server", address, database, work] => floor::serve(address, database, work),
        _ => bail!("no such benchmark; without arguments they are listed"),
    }
}
