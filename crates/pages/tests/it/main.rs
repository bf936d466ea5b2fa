//! What the pages promise: to those who fill in their forms, to browsers, to readers of two languages, and against hostile text.

#[cfg(test)]
mod asset;
#[cfg(test)]
mod form;
#[cfg(test)]
mod hygiene;
#[cfg(test)]
mod language;
#[cfg(test)]
mod message;
#[cfg(test)]
mod pseudo;
#[cfg(test)]
mod s_10;
#[cfg(test)]
mod specimens;
#[cfg(test)]
mod tag;
#[cfg(test)]
mod time;
