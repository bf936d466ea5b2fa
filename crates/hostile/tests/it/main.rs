//! The negative vectors against the library, a test for each rule; and the corpora of the fuzz targets.

#[cfg(test)]
mod corpora;
#[cfg(test)]
mod data;
#[cfg(test)]
mod rules;
