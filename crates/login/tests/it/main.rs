//! What `login` promises to the rest of the program, checked from outside.

#[cfg(test)]
mod equal_work;
#[cfg(test)]
mod password;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod stored;
