//! The binary as people and scripts use it: real processes, real files, a real server.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod command;
#[cfg(test)]
mod configurations;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod health;
#[cfg(test)]
mod installation;
#[cfg(test)]
mod keys_and_events;
#[cfg(test)]
mod people;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod two_nodes;
