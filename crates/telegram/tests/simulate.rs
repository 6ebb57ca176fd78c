//! The release machine under a courier that breaks every write twice, and its
//! transitions as text. Refuses to know a real clock, file or socket.

#[cfg(test)]
mod scripts;
#[cfg(test)]
mod sim;
