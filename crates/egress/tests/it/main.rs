//! What the door lets through and whom it never contacts, with real listeners on loopback.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod busy;
#[cfg(test)]
mod places;
#[cfg(test)]
mod post;
#[cfg(test)]
mod special_use;
#[cfg(test)]
mod stranger;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod urls;
